// SPDX-License-Identifier: Apache-2.0
// Stand-in for TensorRT's builder resource, which only has to be there.
extern "C" __attribute__((visibility("default"))) int fake_builder_resource;
int fake_builder_resource = 1;
