// SPDX-License-Identifier: Apache-2.0
// See number_file.h. The header of .npy is the text of a Python dictionary; NumPy writes it in one
// way only, which is all that is read here.
#include "steelyard/run/number_file.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "steelyard/base/error.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic{"\x93NUMPY", 6};
constexpr std::pair<std::string_view, ElementType> kTypes[] = {
    {"<f4", ElementType::f32}, {"<f2", ElementType::f16},    {"<f8", ElementType::f64},
    {"|i1", ElementType::i8},  {"|u1", ElementType::u8},     {"<i4", ElementType::i32},
    {"<i8", ElementType::i64}, {"|b1", ElementType::boolean}};

[[noreturn]] void refuse(const fs::path& file, const std::string& why) {
  throw Error(fmt::format("{} cannot be read as numbers: {}", file.string(), why),
              "write it with numpy.save(), from an array of the input's type in C order");
}

// What stands behind 'key': in the header.
std::string_view value_of(std::string_view header, std::string_view key, const fs::path& file) {
  const auto at = header.find(fmt::format("'{}':", key));
  if (at == header.npos) refuse(file, fmt::format("its header has no '{}'", key));
  header.remove_prefix(at + key.size() + 3);
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  return header;
}

std::vector<std::int64_t> shape_of(std::string_view text, const fs::path& file) {
  std::vector<std::int64_t> shape;
  const auto end = text.find(')');
  if (!text.starts_with('(') || end == text.npos) refuse(file, "its shape is no tuple");
  text = text.substr(1, end - 1);
  while (!text.empty()) {
    std::int64_t size = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), size);
    if (read.ec != std::errc() || size < 0) refuse(file, "its shape is no list of numbers");
    shape.push_back(size);
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    const auto next = text.find_first_not_of(", ");
    text.remove_prefix(next == text.npos ? text.size() : next);
  }
  return shape;
}

NumberFile parse_npy(std::string_view bytes, const fs::path& file) {
  const std::size_t length_size = bytes.size() > 6 && bytes[6] == 1 ? 2 : 4;
  if (bytes.size() < 8 + length_size) refuse(file, "it is cut short");
  std::uint32_t length = 0;
  std::memcpy(&length, bytes.data() + 8, length_size);
  if (bytes.size() - 8 - length_size < length) refuse(file, "it is cut short");
  const std::string_view header = bytes.substr(8 + length_size, length);
  bytes.remove_prefix(8 + length_size + length);

  NumberFile numbers;
  const std::string_view type = value_of(header, "descr", file);
  for (const auto& [name, element] : kTypes)
    if (type.substr(0, name.size() + 2) == fmt::format("'{}'", name)) numbers.type = element;
  if (!numbers.type) refuse(file, fmt::format("its type is {}", type.substr(0, type.find(','))));
  if (!value_of(header, "fortran_order", file).starts_with("False"))
    refuse(file, "it is in Fortran order");
  numbers.shape = shape_of(value_of(header, "shape", file), file);
  std::size_t wanted = size_of(*numbers.type);
  for (const std::int64_t size : numbers.shape)
    if (__builtin_mul_overflow(wanted, static_cast<std::size_t>(size), &wanted))
      refuse(file, "its shape is too large");
  if (bytes.size() != wanted)
    refuse(file,
           fmt::format("it holds {} bytes of numbers, its shape needs {}", bytes.size(), wanted));
  numbers.content.resize(wanted);
  std::memcpy(numbers.content.data(), bytes.data(), wanted);
  return numbers;
}

}  // namespace

std::string_view name_of(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return "f32";
    case ElementType::f16:
      return "f16";
    case ElementType::bf16:
      return "bf16";
    case ElementType::f64:
      return "f64";
    case ElementType::i8:
      return "i8";
    case ElementType::u8:
      return "u8";
    case ElementType::i32:
      return "i32";
    case ElementType::i64:
      return "i64";
    case ElementType::boolean:
      return "bool";
    case ElementType::other:
      break;
  }
  return "of a type that has no numbers";
}

NumberFile read_numbers(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error))
    throw Error(fmt::format("{} does not exist or is no file", file.string()),
                "check the path behind --input NAME=");
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream || bytes.empty()) refuse(file, bytes.empty() ? "it is empty" : "reading failed");
  if (bytes.starts_with(kMagic)) return parse_npy(bytes, file);
  NumberFile raw;
  raw.content.resize(bytes.size());
  std::memcpy(raw.content.data(), bytes.data(), bytes.size());
  return raw;
}

}  // namespace steelyard
