// SPDX-License-Identifier: Apache-2.0
// What a campaign and its worker say to each other: one request, one answer, in turn. On the wire
// each is a 4-byte little-endian length and a MessagePack map with "type". Plain data; `run` does
// the talking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "steelyard/record/record.h"

namespace steelyard {

// Campaign -> worker.
struct HelloRequest {
  int protocol = 1;
};
struct ObserveRequest {  // watch an idle device's sensors (before Prepare: cold idle; after:
                         // context idle)
  Case what;
  nanoseconds duration{0};
};
struct PrepareRequest {  // load the model and the windows, compile, answer the first query
  Case what;
  Effort effort;
  std::string data_path;
  std::string ticker;
  std::uint64_t seed = 1;  // of this case, for simulated devices and generated inputs
};
struct BlockRequest {
  std::uint32_t worker = 0;
  std::uint32_t order = 0;
  std::uint64_t first_window = 0;
  std::uint64_t min_queries = 0;  // of this block
  nanoseconds min_duration{0};
  nanoseconds max_duration{0};
  nanoseconds warm_up{0};
  std::uint64_t warm_up_queries = 0;
  std::uint64_t keep_queries = 0;  // raw queries to keep at most
  std::uint64_t seed = 0;
  std::optional<double> celsius;  // of the device at the beginning: wait until it is as cool again
};
struct FetchRequest {};
struct FinishRequest {};
using Request = std::variant<HelloRequest, ObserveRequest, PrepareRequest, BlockRequest,
                             FetchRequest, FinishRequest>;

// Worker -> campaign.
struct HelloAnswer {
  int protocol = 1;
  std::string tool_version;
  Manifest manifest;
};
struct ObserveAnswer {
  std::vector<Channel> channels;
  Block idle;  // phase idle, readings only
};
struct PrepareAnswer {
  Startup startup;
  Device device;
  Precision obtained = Precision::fp32;
  std::vector<Channel> channels;
  std::uint64_t windows = 0;
  std::uint32_t output_width = 0;
  std::vector<Reason> remarks;
  std::vector<TimePart> parts;
  std::optional<double> celsius;  // the hottest thermometer of the device, where there is one
};
struct BlockAnswer {  // the digest: small, so that nothing large travels while somebody measures
  std::uint64_t count = 0;
  nanoseconds begin{0}, end{0};
};
struct FetchAnswer {
  Block block;
  std::uint64_t memory_bytes = 0;
  std::vector<float> outputs;
  std::vector<std::uint8_t> seen;
  Startup startup;
};
struct FinishAnswer {};
struct ErrorAnswer {  // an Error that was thrown; the worker goes on
  std::string what, hint;
  bool skipped = false;  // the case cannot run here (unsupported, no device): not a failure
};
using Answer = std::variant<HelloAnswer, ObserveAnswer, PrepareAnswer, BlockAnswer, FetchAnswer,
                            FinishAnswer, ErrorAnswer>;

}  // namespace steelyard
