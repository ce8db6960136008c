// SPDX-License-Identifier: Apache-2.0
// Records to and from MessagePack and JSON: a Writer and a Reader that walk the list of fields.h.
#include "steelyard/record/encode.h"

#include <nlohmann/json.hpp>
#include <type_traits>

#include "steelyard/base/error.h"
#include "steelyard/record/columns.h"
#include "steelyard/record/fields.h"

namespace steelyard {
namespace {

using Json = nlohmann::ordered_json;

std::optional<Precision> read_enum(std::string_view t, Precision) { return precision_from(t); }
std::optional<Provenance> read_enum(std::string_view t, Provenance) { return provenance_from(t); }
std::optional<Outcome::Kind> read_enum(std::string_view t, Outcome::Kind) {
  return outcome_from(t);
}
std::optional<Availability::Kind> read_enum(std::string_view t, Availability::Kind) {
  return availability_from(t);
}
std::optional<Normalise> read_enum(std::string_view t, Normalise) { return normalise_from(t); }
std::optional<Phase> read_enum(std::string_view t, Phase) { return phase_from(t); }
std::optional<ReasonCode> read_enum(std::string_view t, ReasonCode) { return reason_from(t); }

template <class Variant>
struct Alternatives;  // the key that tells them apart, and their names in order
template <>
struct Alternatives<Scenario> {
  static constexpr const char* key = "kind";
  static constexpr const char* names[] = {"SingleStream", "Offline",  "Server",
                                          "FixedRate",    "PeakRate", "Streaming"};
};
template <>
struct Alternatives<Request> {
  static constexpr const char* key = "type";
  static constexpr const char* names[] = {"hello", "observe", "prepare",
                                          "block", "fetch",   "finish"};
};
template <>
struct Alternatives<Answer> {
  static constexpr const char* key = "type";
  static constexpr const char* names[] = {"hello", "observe", "prepare", "block",
                                          "fetch", "finish",  "error"};
};

template <class T>
concept Enumerator = std::is_enum_v<T>;
template <class T>
concept Choice = requires {
  Alternatives<T>::key;
};

// Numeric columns go as binary; see columns.h.
template <class T>
concept Column = std::same_as<T, std::vector<float>> || std::same_as<T, std::vector<double>> ||
    std::same_as<T, std::vector<std::uint8_t>> || std::same_as<T, std::vector<Query>> ||
    std::same_as<T, std::vector<Reading>> || std::same_as<T, Histogram>;

class Writer {
 public:
  Writer(Json& out, bool binary) : out_(out), binary_(binary) {}
  template <class T>
  void operator()(const char* name, const T& value) {
    out_[name] = write(value);
  }
  template <class T>
  Json write(const T& value) {
    if constexpr (std::same_as<T, nanoseconds>) {
      return value.count();
    } else if constexpr (std::same_as<T, Spec>) {
      return to_string(value);
    } else if constexpr (Enumerator<T>) {
      return to_string(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
      return value;
    } else if constexpr (Column<T>) {
      return binary_ ? write_column(value) : write_list(value);
    } else if constexpr (Choice<T>) {
      Json out = std::visit([&](const auto& x) { return write(x); }, value);
      out[Alternatives<T>::key] = Alternatives<T>::names[value.index()];
      return out;
    } else {
      Json out = Json::object();
      Writer inner(out, binary_);
      fields(inner, value);
      return out;
    }
  }
  template <class T>
  Json write(const std::optional<T>& value) {
    return value ? write(*value) : Json();
  }
  template <class T>
  requires(!Column<std::vector<T>>) Json write(const std::vector<T>& values) {
    Json out = Json::array();
    for (const auto& value : values) out.push_back(write(value));
    return out;
  }

 private:
  template <class T>
  static Json write_column(const T& values) {
    Json out = Json::array();
    const auto add = [&](auto&& chunks) {
      for (auto& chunk : chunks) out.push_back(Json::binary(std::move(chunk)));
    };
    if constexpr (std::same_as<T, Histogram>) {
      add(columns::pack(values));
    } else {
      add(columns::pack(std::span<const typename T::value_type>(values)));
    }
    return out;
  }
  template <class T>
  static Json write_list(const T& values) {
    Json out = Json::array();
    if constexpr (std::same_as<T, Histogram>) {
      for (const auto& [index, times] : values.buckets())
        out.push_back(Json::array({Histogram::lower_edge(index), times}));
    } else if constexpr (std::same_as<T, std::vector<Query>>) {
      for (const Query& q : values)
        out.push_back(Json::array({q.due.count(), q.started.count(), q.finished.count()}));
    } else if constexpr (std::same_as<T, std::vector<Reading>>) {
      for (const Reading& r : values)
        out.push_back(Json::array({r.channel, r.time.count(), r.value}));
    } else {
      for (const auto value : values) out.push_back(value);
    }
    return out;
  }

  Json& out_;
  bool binary_;
};

class Reader {
 public:
  explicit Reader(const Json& in) : in_(in) {}
  template <class T>
  void operator()(const char* name, T& value) {
    const auto found = in_.find(name);
    if (found == in_.end()) {
      // What a record may lack anyway is lacking in those of older versions.
      if constexpr (requires { value.has_value(); }) return value.reset();
      fail(name, "is missing");
    }
    try {
      read(*found, value);
    } catch (const Json::exception&) {
      fail(name, "is not of the right kind");
    }
  }
  template <class T>
  static void read(const Json& in, T& value) {
    if constexpr (std::same_as<T, nanoseconds>) {
      value = nanoseconds(in.get<std::int64_t>());
    } else if constexpr (std::same_as<T, Spec>) {
      const auto& text = in.get_ref<const std::string&>();
      value = text.empty() ? Spec{} : parse_spec(text);
    } else if constexpr (Enumerator<T>) {
      const auto& text = in.get_ref<const std::string&>();
      const auto known = read_enum(text, T{});
      if (!known) fail(text.c_str(), "is a name that this version does not know");
      value = *known;
    } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
      value = in.get<T>();
    } else if constexpr (Column<T>) {
      read_column(in, value);
    } else if constexpr (Choice<T>) {
      read_choice(in, value);
    } else {
      if (!in.is_object())
        throw Error("a record is not an object", "the file is damaged or from another program");
      Reader inner(in);
      fields(inner, value);
    }
  }
  template <class T>
  static void read(const Json& in, std::optional<T>& value) {
    value.reset();
    if (!in.is_null()) read(in, value.emplace());
  }
  template <class T>
  requires(!Column<std::vector<T>>) static void read(const Json& in, std::vector<T>& values) {
    values.clear();
    values.reserve(in.get_ref<const Json::array_t&>().size());
    for (const auto& item : in) {
      T value{};
      read(item, value);
      values.push_back(std::move(value));
    }
  }

 private:
  [[noreturn]] static void fail(const char* name, const char* why) {
    throw Error("the field '" + std::string(name) + "' " + why,
                "the file is damaged, or was written by another version of Steelyard");
  }
  template <class T>
  static void read_choice(const Json& in, T& value) {
    const auto& kind = in.at(Alternatives<T>::key).template get_ref<const std::string&>();
    const bool known = [&]<std::size_t... I>(std::index_sequence<I...>) {
      return ((kind == Alternatives<T>::names[I] ? (read(in, value.template emplace<I>()), true)
                                                 : false) ||
              ...);
    }
    (std::make_index_sequence<std::variant_size_v<T>>());
    if (!known) fail(kind.c_str(), "is a kind that this version does not know");
  }
  template <class T>
  static void read_column(const Json& in, T& values) {
    if (!in.empty() && !in.front().is_binary()) return read_list(in, values);
    std::vector<columns::Chunk> chunks;
    for (const auto& chunk : in.get_ref<const Json::array_t&>())
      chunks.push_back(chunk.get_binary());
    if constexpr (std::same_as<T, Histogram>) {
      values = columns::unpack_histogram(chunks);
    } else if constexpr (std::same_as<T, std::vector<Query>>) {
      values = columns::unpack_queries(chunks);
    } else if constexpr (std::same_as<T, std::vector<Reading>>) {
      values = columns::unpack_readings(chunks);
    } else {
      values = columns::unpack_numbers<typename T::value_type>(chunks);
    }
  }
  template <class T>
  static void read_list(const Json& in, T& values) {
    values = T{};
    for (const auto& item : in) {
      if constexpr (std::same_as<T, Histogram>) {
        values.add(item.at(0).template get<std::uint64_t>(),
                   item.at(1).template get<std::uint64_t>());
      } else if constexpr (std::same_as<T, std::vector<Query>>) {
        values.push_back({nanoseconds(item.at(0).template get<std::int64_t>()),
                          nanoseconds(item.at(1).template get<std::int64_t>()),
                          nanoseconds(item.at(2).template get<std::int64_t>())});
      } else if constexpr (std::same_as<T, std::vector<Reading>>) {
        values.push_back({item.at(0).template get<std::uint16_t>(),
                          nanoseconds(item.at(1).template get<std::int64_t>()),
                          item.at(2).template get<double>()});
      } else {
        values.push_back(item.template get<typename T::value_type>());
      }
    }
  }

  const Json& in_;
};

}  // namespace

template <class T>
Bytes encode(const T& value) {
  Json nothing;
  const auto packed = Json::to_msgpack(Writer(nothing, true).write(value));
  const auto bytes = std::as_bytes(std::span(packed));
  return Bytes(bytes.begin(), bytes.end());
}

template <class T>
T decode(std::span<const std::byte> bytes) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  const Json parsed = Json::from_msgpack(data, data + bytes.size(), true, false);
  if (parsed.is_discarded())
    throw Error("a record is not valid MessagePack",
                "the file or stream is damaged, or comes from another program");
  T value{};
  try {
    Reader::read(parsed, value);
  } catch (const Json::exception&) {
    throw Error("a record has a field of the wrong kind",
                "the file or stream is damaged, or comes from another program");
  }
  return value;
}

template <class T>
std::string to_json(const T& value, int indent) {
  Json nothing;
  return Writer(nothing, false)
      .write(value)
      .dump(indent, ' ', false, Json::error_handler_t::replace);
}

template <class T>
T from_json(std::string_view text) {
  const Json parsed = Json::parse(text, nullptr, false);
  if (parsed.is_discarded())
    throw Error("this is not valid JSON", "check that the file is complete");
  T value{};
  try {
    Reader::read(parsed, value);
  } catch (const Json::exception&) {
    throw Error("a field of this JSON is of the wrong kind", "compare it with docs/cli.md");
  }
  return value;
}

#define STEELYARD_ENCODABLE(T)                      \
  template Bytes encode<T>(const T&);               \
  template T decode<T>(std::span<const std::byte>); \
  template std::string to_json<T>(const T&, int);   \
  template T from_json<T>(std::string_view);
STEELYARD_ENCODABLE(Plan)
STEELYARD_ENCODABLE(Case)
STEELYARD_ENCODABLE(Effort)
STEELYARD_ENCODABLE(Measurement)
STEELYARD_ENCODABLE(Block)
STEELYARD_ENCODABLE(Truth)
STEELYARD_ENCODABLE(Summary)
STEELYARD_ENCODABLE(Manifest)
STEELYARD_ENCODABLE(Device)
STEELYARD_ENCODABLE(DeviceListing)
STEELYARD_ENCODABLE(InstrumentListing)
STEELYARD_ENCODABLE(WindowRecipe)
STEELYARD_ENCODABLE(Outcome)
STEELYARD_ENCODABLE(Attachment)
STEELYARD_ENCODABLE(CaseBegin)
STEELYARD_ENCODABLE(Request)
STEELYARD_ENCODABLE(Answer)

}  // namespace steelyard
