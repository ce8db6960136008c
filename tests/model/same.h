// SPDX-License-Identifier: Apache-2.0
// When two networks are the same.
#pragma once

#include <gtest/gtest.h>

#include "steelyard/model/network.h"

namespace steelyard::testing {

// Equal in everything but the names of nodes.
inline void expect_same(const Network& a, const Network& b) {
  EXPECT_EQ(a.window, b.window);
  EXPECT_EQ(a.features, b.features);
  EXPECT_EQ(a.batch_first, b.batch_first);
  EXPECT_EQ(a.readout, b.readout);
  EXPECT_EQ(a.answer_batch_first, b.answer_batch_first);
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    const Recurrent &x = a.layers[i], &y = b.layers[i];
    EXPECT_EQ(x.cell, y.cell);
    EXPECT_EQ(x.input, y.input);
    EXPECT_EQ(x.hidden, y.hidden);
    EXPECT_EQ(x.directions, y.directions);
    EXPECT_EQ(x.reverse, y.reverse);
    EXPECT_EQ(x.linear_before_reset, y.linear_before_reset);
    EXPECT_EQ(x.activation, y.activation);
    EXPECT_EQ(x.w, y.w);
    EXPECT_EQ(x.r, y.r);
    EXPECT_EQ(x.b, y.b);
    EXPECT_EQ(x.functions, y.functions);
    EXPECT_EQ(x.initial_h, y.initial_h);
    EXPECT_EQ(x.initial_c, y.initial_c);
    EXPECT_EQ(x.ends_early, y.ends_early);
  }
  EXPECT_EQ(a.lengths.fixed, b.lengths.fixed);
  ASSERT_EQ(a.head.size(), b.head.size());
  for (std::size_t i = 0; i < a.head.size(); ++i) {
    EXPECT_EQ(a.head[i].w, b.head[i].w);
    EXPECT_EQ(a.head[i].b, b.head[i].b);
    EXPECT_EQ(a.head[i].activation, b.head[i].activation);
  }
}

}  // namespace steelyard::testing
