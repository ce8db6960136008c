// SPDX-License-Identifier: Apache-2.0
// Packing and unpacking columns. Unpacking trusts nothing: a column that ends early is an Error.
#include "steelyard/record/columns.h"

#include <bit>
#include <cstring>

#include "steelyard/base/error.h"

namespace steelyard::columns {
namespace {

static_assert(std::endian::native == std::endian::little,
              "columns are copied as they lie in memory");

void put(Chunk& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

// Small differences of either sign become small numbers (zigzag).
void put_signed(Chunk& out, std::int64_t value) {
  put(out, (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

class Reader {
 public:
  explicit Reader(const Chunk& chunk) : at_(chunk.data()), end_(chunk.data() + chunk.size()) {}
  bool done() const { return at_ == end_; }
  std::uint64_t take() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const std::uint8_t byte = *at_++;
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    throw Error("a stored column ends in the middle of a number",
                "the file is damaged; measure again");
  }
  std::int64_t take_signed() {
    const std::uint64_t value = take();
    return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }

 private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
};

// Differences wrap around like the unsigned numbers they are, so that damaged input cannot
// overflow.
std::int64_t minus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
std::int64_t plus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace

template <class T>
std::vector<Chunk> pack(std::span<const T> values) {
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < values.size(); i += kChunkEntries) {
    const auto part = values.subspan(i, std::min(kChunkEntries, values.size() - i));
    Chunk chunk(part.size_bytes());
    std::memcpy(chunk.data(), part.data(), chunk.size());
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

template <class T>
std::vector<T> unpack_numbers(const std::vector<Chunk>& chunks) {
  std::vector<T> values;
  for (const auto& chunk : chunks) {
    if (chunk.size() % sizeof(T) != 0)
      throw Error("a stored column has a length that is not a whole number of entries",
                  "the file is damaged; measure again");
    const std::size_t before = values.size();
    values.resize(before + chunk.size() / sizeof(T));
    if (!chunk.empty()) std::memcpy(values.data() + before, chunk.data(), chunk.size());
  }
  return values;
}

template std::vector<Chunk> pack(std::span<const float>);
template std::vector<Chunk> pack(std::span<const double>);
template std::vector<Chunk> pack(std::span<const std::uint8_t>);
template std::vector<float> unpack_numbers(const std::vector<Chunk>&);
template std::vector<double> unpack_numbers(const std::vector<Chunk>&);
template std::vector<std::uint8_t> unpack_numbers(const std::vector<Chunk>&);

std::vector<Chunk> pack(std::span<const Query> queries) {
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < queries.size(); i += kChunkEntries) {
    Chunk chunk;
    chunk.reserve(6 * kChunkEntries);
    std::int64_t last = 0;
    for (const Query& q : queries.subspan(i, std::min(kChunkEntries, queries.size() - i))) {
      put_signed(chunk, minus(q.started.count(), last));
      put_signed(chunk, minus(q.finished.count(), q.started.count()));
      put_signed(chunk, minus(q.started.count(), q.due.count()));
      last = q.finished.count();
    }
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::vector<Query> unpack_queries(const std::vector<Chunk>& chunks) {
  std::vector<Query> queries;
  for (const auto& chunk : chunks) {
    Reader reader(chunk);
    std::int64_t last = 0;
    while (!reader.done()) {
      Query q;
      q.started = nanoseconds(plus(last, reader.take_signed()));
      last = plus(q.started.count(), reader.take_signed());
      q.finished = nanoseconds(last);
      q.due = nanoseconds(minus(q.started.count(), reader.take_signed()));
      queries.push_back(q);
    }
  }
  return queries;
}

std::vector<Chunk> pack(std::span<const Reading> readings) {
  std::vector<Chunk> chunks;
  for (std::size_t i = 0; i < readings.size(); i += kChunkEntries) {
    Chunk chunk;
    std::int64_t last = 0;
    for (const Reading& r : readings.subspan(i, std::min(kChunkEntries, readings.size() - i))) {
      put(chunk, r.channel);
      put_signed(chunk, minus(r.time.count(), last));
      put(chunk, __builtin_bswap64(
                     std::bit_cast<std::uint64_t>(r.value)));  // round values end in zero bytes
      last = r.time.count();
    }
    chunks.push_back(std::move(chunk));
  }
  return chunks;
}

std::vector<Reading> unpack_readings(const std::vector<Chunk>& chunks) {
  std::vector<Reading> readings;
  for (const auto& chunk : chunks) {
    Reader reader(chunk);
    std::int64_t last = 0;
    while (!reader.done()) {
      Reading r;
      r.channel = static_cast<std::uint16_t>(reader.take());
      last = plus(last, reader.take_signed());
      r.time = nanoseconds(last);
      r.value = std::bit_cast<double>(__builtin_bswap64(reader.take()));
      readings.push_back(r);
    }
  }
  return readings;
}

std::vector<Chunk> pack(const Histogram& histogram) {
  Chunk chunk;
  std::uint32_t last = 0;
  for (const auto& [index, times] : histogram.buckets()) {
    put(chunk, index - last);
    put(chunk, times);
    last = index;
  }
  if (chunk.empty()) return {};
  return {std::move(chunk)};
}

Histogram unpack_histogram(const std::vector<Chunk>& chunks) {
  std::vector<std::pair<std::uint32_t, std::uint64_t>> buckets;
  const std::uint64_t most = Histogram::index_of(~std::uint64_t{0});
  for (const auto& chunk : chunks) {
    Reader reader(chunk);
    std::uint64_t index = 0;
    while (!reader.done()) {
      index += reader.take();
      if (index > most)
        throw Error("a stored histogram has a bucket that cannot be",
                    "the file is damaged; measure again");
      buckets.emplace_back(static_cast<std::uint32_t>(index), reader.take());
    }
  }
  return Histogram::from_buckets(buckets);
}

}  // namespace steelyard::columns
