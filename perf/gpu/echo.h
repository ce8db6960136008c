// SPDX-License-Identifier: Apache-2.0
// The kernel that answers without computing. Thread-safe.
#pragma once

namespace steelyard::gpu {

const void* echo_kernel();

}  // namespace steelyard::gpu
