// SPDX-License-Identifier: Apache-2.0
// Codes of the record as words: reasons, provenance, trust, boundaries, definitions. Pure.
#pragma once

#include <string>
#include <string_view>

#include "steelyard/record/summary.h"
#include "steelyard/report/words.h"

namespace steelyard {

// The clause of explain(), without a capital letter and a full stop, for brackets.
std::string clause(const Reason&, Language);

std::string name_of(Provenance, Language);
std::string name_of(Outcome::Kind, Language);
std::string name_of(Availability::Kind, Language);
std::string name_of(const Scenario&, Language);
std::string trust_name(std::string_view kind, Language);
std::string correctness_name(std::string_view kind, Language);
// What an interval stands on: "workers", "blocks", "queries".
std::string level_name(std::string_view level, Language);
// "chip" -> 칩; a boundary that we have no word for is quoted as it is.
std::string boundary_name(std::string_view boundary, Language);
// Definitions that we know are worded in both languages; others are quoted as they are.
std::string definition_name(std::string_view definition, Language);

}  // namespace steelyard
