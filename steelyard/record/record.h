// SPDX-License-Identifier: Apache-2.0
// The hall of the house: plain data between the making wing and the reading wing. No I/O, no
// virtual functions, no words for people (those are in `report`). Every struct here is listed once
// more, field by field, in fields.h, and from there goes to JSON, MessagePack and the store.
//
// The chain:  Plan (what to do) -> Case (one model on one device under one load) -> Measurement
// (raw: blocks, queries, readings, outputs) -> Summary (figures with bounds and reasons).
#pragma once

#include "steelyard/record/device.h"
#include "steelyard/record/measurement.h"
#include "steelyard/record/plan.h"
#include "steelyard/record/reason.h"
#include "steelyard/record/truth.h"
