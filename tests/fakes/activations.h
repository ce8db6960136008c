// SPDX-License-Identifier: Apache-2.0
// Every activation of a gate, those with numbers with others than their defaults.
#pragma once

#include <vector>

#include "steelyard/model/network.h"

namespace steelyard {

inline const std::vector<GateFunction> kEveryActivation{{GateFunction::relu},
                                                        {GateFunction::tanh},
                                                        {GateFunction::sigmoid},
                                                        {GateFunction::affine, 0.7f, 0.1f},
                                                        {GateFunction::leaky_relu, 0.2f},
                                                        {GateFunction::thresholded_relu, 0.3f},
                                                        {GateFunction::scaled_tanh, 0.8f, 1.3f},
                                                        {GateFunction::hard_sigmoid, 0.3f, 0.4f},
                                                        {GateFunction::elu, 0.9f},
                                                        {GateFunction::softsign},
                                                        {GateFunction::softplus}};

}  // namespace steelyard
