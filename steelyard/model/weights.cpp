// SPDX-License-Identifier: Apache-2.0
// See weights.h. Nothing is allocated from a shape before the length of the data agrees with it.
#include "steelyard/model/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <fstream>
#include <optional>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kMaxElements = std::int64_t{1} << 40;

std::string label(const Tensor& tensor) {
  return tensor.name.empty() ? "a constant without a name"
                             : fmt::format("tensor \"{}\"", tensor.name);
}

// The exponent is all ones in both; the fraction tells NaN from infinity.
enum class Oddity { none, infinite, nan };

template <class T>
Oddity worst_of_floats(const std::vector<std::byte>& data) {
  Oddity worst = Oddity::none;
  for (std::size_t i = 0; i + sizeof(T) <= data.size(); i += sizeof(T)) {
    T value;
    std::memcpy(&value, &data[i], sizeof(T));
    if (std::isnan(value)) return Oddity::nan;
    if (std::isinf(value)) worst = Oddity::infinite;
  }
  return worst;
}

Oddity worst_of_halves(const std::vector<std::byte>& data, unsigned exponent, unsigned fraction) {
  Oddity worst = Oddity::none;
  for (std::size_t i = 0; i + 2 <= data.size(); i += 2) {
    const unsigned bits =
        std::to_integer<unsigned>(data[i]) | std::to_integer<unsigned>(data[i + 1]) << 8;
    if ((bits & exponent) != exponent) continue;
    if (bits & fraction) return Oddity::nan;
    worst = Oddity::infinite;
  }
  return worst;
}

Oddity worst_of(const Tensor& tensor) {
  switch (tensor.type) {
    case ElementType::f32:
      return worst_of_floats<float>(tensor.data);
    case ElementType::f64:
      return worst_of_floats<double>(tensor.data);
    case ElementType::f16:
      return worst_of_halves(tensor.data, 0x7c00, 0x03ff);
    case ElementType::bf16:
      return worst_of_halves(tensor.data, 0x7f80, 0x007f);
    default:
      return Oddity::none;
  }
}

// Typed protobuf fields hold one number an entry, narrower types as int32.
template <class To, class Field>
void append_as(const Field& field, std::vector<std::byte>& data) {
  data.resize(static_cast<std::size_t>(field.size()) * sizeof(To));
  std::size_t at = 0;
  for (const auto entry : field) {
    const To value = static_cast<To>(entry);
    std::memcpy(&data[at], &value, sizeof(To));
    at += sizeof(To);
  }
}

void read_typed(const onnx::TensorProto& proto, Tensor& tensor) {
  switch (tensor.type) {
    case ElementType::f32:
      return append_as<float>(proto.float_data(), tensor.data);
    case ElementType::f64:
      return append_as<double>(proto.double_data(), tensor.data);
    case ElementType::i64:
      return append_as<std::int64_t>(proto.int64_data(), tensor.data);
    case ElementType::i32:
      return append_as<std::int32_t>(proto.int32_data(), tensor.data);
    case ElementType::f16:
    case ElementType::bf16:
      return append_as<std::uint16_t>(proto.int32_data(), tensor.data);
    case ElementType::i8:
    case ElementType::u8:
    case ElementType::boolean:
      return append_as<std::uint8_t>(proto.int32_data(), tensor.data);
    case ElementType::other:
      return;
  }
}

std::optional<std::uint64_t> number_in(const std::string& text) {
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

struct External {
  fs::path location;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
};

External external_of(const onnx::TensorProto& proto, const Tensor& tensor, const fs::path& file) {
  External external;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") external.location = entry.value();
    if (entry.key() != "offset" && entry.key() != "length") continue;
    const auto number = number_in(entry.value());
    if (!number)
      throw Error(fmt::format("{}: {} says that its {} in an external file is \"{}\"",
                              file.string(), label(tensor), entry.key(), entry.value()),
                  "export the model again");
    if (entry.key() == "offset")
      external.offset = *number;
    else
      external.length = *number;
  }
  // A model from elsewhere must not make us read files that its author chose.
  const auto inside = external.location.lexically_normal();
  if (inside.empty() || inside.is_absolute() || *inside.begin() == "..")
    throw Error(
        fmt::format("{}: {} lies in the external file \"{}\", which is not beside the model",
                    file.string(), label(tensor), external.location.string()),
        "put the file beside the model and save the model with a plain file name");
  return external;
}

void read_external(const External& external, std::uint64_t needed, const fs::path& file,
                   Tensor& tensor) {
  const auto path = file.parent_path() / external.location;
  std::error_code ignored;
  if (!fs::is_regular_file(path, ignored))
    throw Error(fmt::format("{}: {} lies in the external file \"{}\", which is missing",
                            file.string(), label(tensor), external.location.string()),
                fmt::format("copy {} beside the model", external.location.string()));
  const std::uint64_t size = fs::file_size(path, ignored);
  const std::uint64_t length = external.length.value_or(needed);
  if (ignored || length != needed || external.offset > size || needed > size - external.offset)
    throw Error(
        fmt::format("{}: {} needs {} bytes at {} of the external file \"{}\", which has {} bytes",
                    file.string(), label(tensor), needed, external.offset,
                    external.location.string(), size),
        "copy the file again; it does not belong to this model or is incomplete");
  tensor.data.resize(needed);
  std::ifstream stream(path, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(external.offset));
  stream.read(reinterpret_cast<char*>(tensor.data.data()), static_cast<std::streamsize>(needed));
  if (!stream)
    throw Error(fmt::format("{}: the external file \"{}\" cannot be read", file.string(),
                            external.location.string()),
                "check its permissions");
}

void read_shape(const onnx::TensorProto& proto, const fs::path& file, Tensor& tensor) {
  std::int64_t elements = 1;
  for (const auto extent : proto.dims()) {
    const bool good = extent >= 0 && (extent == 0 || elements <= kMaxElements / extent);
    if (!good)
      throw Error(fmt::format("{}: {} has the impossible shape [{}]", file.string(), label(tensor),
                              fmt::join(proto.dims(), ",")),
                  "the file is damaged; export or copy it again");
    elements *= extent;
    tensor.shape.push_back(extent);
  }
}

}  // namespace

ElementType element_type_of(int onnx_type) {
  switch (onnx_type) {
    case onnx::TensorProto::FLOAT:
      return ElementType::f32;
    case onnx::TensorProto::FLOAT16:
      return ElementType::f16;
    case onnx::TensorProto::BFLOAT16:
      return ElementType::bf16;
    case onnx::TensorProto::DOUBLE:
      return ElementType::f64;
    case onnx::TensorProto::INT8:
      return ElementType::i8;
    case onnx::TensorProto::UINT8:
      return ElementType::u8;
    case onnx::TensorProto::INT32:
      return ElementType::i32;
    case onnx::TensorProto::INT64:
      return ElementType::i64;
    case onnx::TensorProto::BOOL:
      return ElementType::boolean;
    default:
      return ElementType::other;
  }
}

bool all_finite(const Tensor& tensor) { return worst_of(tensor) == Oddity::none; }

Tensor read_tensor(const onnx::TensorProto& proto, const fs::path& file,
                   std::set<fs::path>& external) {
  Tensor tensor;
  tensor.name = proto.name();
  tensor.type = element_type_of(proto.data_type());
  read_shape(proto, file, tensor);
  // Strings, complex and packed numbers stay unread: no engine of ours looks at them.
  if (tensor.type == ElementType::other) return tensor;
  const std::uint64_t needed = static_cast<std::uint64_t>(tensor.elements()) * size_of(tensor.type);
  if (proto.data_location() == onnx::TensorProto::EXTERNAL) {
    const auto where = external_of(proto, tensor, file);
    read_external(where, needed, file, tensor);
    external.insert(where.location);
  } else if (proto.has_raw_data()) {
    const auto& raw = proto.raw_data();
    const auto* bytes = reinterpret_cast<const std::byte*>(raw.data());
    tensor.data.assign(bytes, bytes + raw.size());
  } else {
    read_typed(proto, tensor);
  }
  if (tensor.data.size() != needed)
    throw Error(
        fmt::format("{}: {} of shape [{}] should have {} bytes and has {}", file.string(),
                    label(tensor), fmt::join(tensor.shape, ","), needed, tensor.data.size()),
        "the file is damaged; export or copy it again");
  if (worst_of(tensor) == Oddity::nan)
    throw Error(fmt::format("{}: {} contains NaN", file.string(), label(tensor)),
                "the training has diverged or the file is damaged; train or export it again");
  return tensor;
}

}  // namespace steelyard
