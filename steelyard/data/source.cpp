// SPDX-License-Identifier: Apache-2.0
// Reading and unpacking of data files; see source.h. Thread-safe.
#include "steelyard/data/source.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "steelyard/base/error.h"
#include "steelyard/base/hash.h"

namespace steelyard::data {
namespace {

bool starts_with(std::string_view text, std::string_view magic) {
  return text.substr(0, magic.size()) == magic;
}

Error too_large(const std::filesystem::path& file, std::size_t most) {
  return Error(fmt::format("{} holds more than {} MiB of text", file.string(), most >> 20),
               "Keep only the rows and columns that are needed");
}

std::string read_bytes(const std::filesystem::path& file, std::size_t most) {
  std::error_code ignored;
  const auto status = std::filesystem::status(file, ignored);
  if (status.type() == std::filesystem::file_type::not_found)
    throw Error(fmt::format("There is no file {}", file.string()),
                "Check the path given to --data");
  if (std::filesystem::is_directory(status))
    throw Error(fmt::format("{} is a folder, not a file", file.string()),
                "Name one CSV or CSV.gz file");
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    throw Error(fmt::format("Cannot open {}: {}", file.string(), std::strerror(errno)),
                "Check the permissions of the file");
  std::string bytes;
  while (stream && bytes.size() <= most) {
    const std::size_t piece = std::min<std::size_t>(std::size_t{1} << 20, most + 1 - bytes.size());
    const std::size_t before = bytes.size();
    bytes.resize(before + piece);
    stream.read(bytes.data() + before, static_cast<std::streamsize>(piece));
    bytes.resize(before + static_cast<std::size_t>(stream.gcount()));
  }
  if (stream.bad())
    throw Error(fmt::format("Cannot read {}: {}", file.string(), std::strerror(errno)),
                "Check the disk");
  if (bytes.size() > most) throw too_large(file, most);
  if (bytes.empty())
    throw Error(fmt::format("{} is empty", file.string()), "Download the data again");
  return bytes;
}

struct Inflater {
  z_stream z{};
  Inflater() { inflateInit2(&z, 15 + 16); }  // + 16: a gzip header and nothing else
  ~Inflater() { inflateEnd(&z); }
  Inflater(const Inflater&) = delete;  // z_stream points into itself
  Inflater& operator=(const Inflater&) = delete;
};

// A gzip file may be several members one after the other; the text is all of them.
std::string unpack(std::string_view packed, const std::filesystem::path& file, std::size_t most) {
  const Error damaged(fmt::format("{} is a damaged gzip file", file.string()), "Download it again");
  const Error truncated(fmt::format("{} is a gzip file that ends too early", file.string()),
                        "Download it again");
  Inflater inflater;
  z_stream& z = inflater.z;
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  z.avail_in = static_cast<uInt>(packed.size());
  std::string text;
  std::string piece(std::size_t{1} << 18, '\0');
  for (;;) {
    z.next_out = reinterpret_cast<Bytef*>(piece.data());
    z.avail_out = static_cast<uInt>(piece.size());
    const int status = inflate(&z, Z_NO_FLUSH);
    text.append(piece.data(), piece.size() - z.avail_out);
    if (text.size() > most) throw too_large(file, most);
    if (status == Z_STREAM_END) {
      const std::string_view rest(reinterpret_cast<const char*>(z.next_in), z.avail_in);
      if (rest.find_first_not_of('\0') == std::string_view::npos)
        return text;  // padding is allowed
      if (!starts_with(rest, "\x1f\x8b")) throw damaged;
      inflateReset(&z);
    } else if (status == Z_BUF_ERROR || (status == Z_OK && z.avail_in == 0 && z.avail_out != 0)) {
      throw truncated;
    } else if (status != Z_OK) {
      throw damaged;
    }
  }
}

void refuse_other_formats(std::string_view text, const std::filesystem::path& file) {
  using namespace std::string_view_literals;
  if (starts_with(text, "PK\x03\x04"))
    throw Error(fmt::format("{} is a zip or Excel file, not CSV", file.string()), "Save it as CSV");
  if (starts_with(text, "\xff\xfe"sv) || starts_with(text, "\xfe\xff"sv))
    throw Error(fmt::format("{} is UTF-16 text", file.string()), "Save it as UTF-8");
  if (text.find('\0') != std::string_view::npos)
    throw Error(fmt::format("{} is not a text file", file.string()), "Name a CSV or CSV.gz file");
}

}  // namespace

Source read_source(const std::filesystem::path& file, std::size_t most) {
  Source source;
  source.text = read_bytes(file, most);
  source.sha256 = sha256(std::string_view(source.text));
  if (starts_with(source.text, "\x1f\x8b")) source.text = unpack(source.text, file, most);
  refuse_other_formats(source.text, file);
  if (starts_with(source.text, "\xef\xbb\xbf")) source.text.erase(0, 3);
  if (source.text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw Error(fmt::format("{} is empty", file.string()), "Download the data again");
  return source;
}

}  // namespace steelyard::data
