// SPDX-License-Identifier: Apache-2.0
// Names of devices and runtimes: shortened, and compared. Pure.
#include "steelyard/record/names.h"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <vector>

namespace steelyard {
namespace {

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// Letters and digits in small letters, cut wherever a letter meets a digit or a separator:
// "Hailo-8L" and "HAILO8L" both give hailo 8 l.
std::vector<std::string> pieces(std::string_view name) {
  std::vector<std::string> out;
  char before = ' ';
  for (const char raw : lower(name)) {
    const bool fresh =
        !is_alnum(before) || (std::isdigit(static_cast<unsigned char>(raw)) != 0) !=
                                 (std::isdigit(static_cast<unsigned char>(before)) != 0);
    if (is_alnum(raw)) {
      if (fresh) out.emplace_back();
      out.back() += raw;
    }
    before = raw;
  }
  return out;
}

bool is_variant(const std::string& piece) {  // what makes another product of the same number
  static constexpr std::string_view kVariants[] = {"ti",  "super", "laptop", "mobile", "max",
                                                   "pro", "ultra", "l",      "d",      "h",
                                                   "m",   "s",     "x",      "xt",     "xtx"};
  return std::find(std::begin(kVariants), std::end(kVariants), piece) != std::end(kVariants);
}

// `part` is a run of `whole`, and what follows it does not make another product.
bool same_product(const std::vector<std::string>& whole, const std::vector<std::string>& part) {
  if (part.empty()) return false;
  auto from = whole.begin();
  for (;;) {
    from = std::search(from, whole.end(), part.begin(), part.end());
    if (from == whole.end()) return false;
    const auto after = from + static_cast<std::ptrdiff_t>(part.size());
    const bool variant = after != whole.end() && is_variant(*after);
    const bool longer_number = after != whole.end() &&
                               std::isdigit(static_cast<unsigned char>((*after)[0])) != 0 &&
                               std::isdigit(static_cast<unsigned char>(part.back()[0])) != 0;
    if (!variant && !longer_number) return true;
    ++from;
  }
}

bool is_suffix(const std::vector<std::string>& whole, const std::vector<std::string>& part) {
  return !part.empty() && part.size() <= whole.size() &&
         std::equal(part.rbegin(), part.rend(), whole.rbegin());
}

std::string letters_only(std::string_view text) {
  std::string out;
  for (const char c : lower(text))
    if (is_alnum(c)) out += c;
  return out;
}

bool same_runtime(std::string_view wanted, std::string_view found) {
  const std::string a = letters_only(wanted), b = letters_only(found);
  return !a.empty() && !b.empty() &&
         (a.find(b) != std::string::npos || b.find(a) != std::string::npos);
}

void erase_all(std::string& text, std::string_view what) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.erase(at, what.size());
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = std::min(text.find(' ', at), text.size());
    if (end > at) out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

bool stands_for_same(const StandsFor& wanted, const Device& real) {
  const auto a = pieces(wanted.device), b = pieces(real.name);
  const bool device = same_product(b, a) || (b.size() > 1 && is_suffix(a, b));
  return device &&
         (same_runtime(wanted.runtime, real.runtime) || same_runtime(wanted.runtime, real.backend));
}

bool names_product(const std::string& name, const std::string& wanted) {
  return same_product(pieces(name), pieces(wanted));
}

std::string short_device(const std::string& name, const std::string& runtime) {
  std::string text = name.substr(0, name.find(" @"));
  const auto bracket = text.rfind(" (");
  if (bracket != std::string::npos && letters_only(text.substr(bracket)) == letters_only(runtime))
    text.resize(bracket);
  erase_all(text, "(R)");
  erase_all(text, "(TM)");
  static constexpr std::string_view kNoise[] = {"NVIDIA", "GeForce",   "Intel",    "AMD",
                                                "CPU",    "Processor", "Graphics", "Platinum",
                                                "Gold",   "Silver",    "Bronze"};
  std::string out;
  for (const std::string& word : words_of(text)) {
    const bool cores = word.ends_with("-Core");
    if (cores || std::find(std::begin(kNoise), std::end(kNoise), word) != std::end(kNoise))
      continue;
    out += (out.empty() ? "" : " ") + word;
  }
  return out.empty() ? name : out;
}

std::string short_runtime(const std::string& runtime, const std::string& backend) {
  std::string out;
  for (const std::string& word : words_of(runtime)) {
    if (std::isdigit(static_cast<unsigned char>(word[0])) != 0 || word[0] == '(') break;
    out += (out.empty() ? "" : " ") + word;
  }
  if (out.empty()) out = backend;
  static constexpr std::pair<std::string_view, std::string_view> kSpelled[] = {
      {"tensorrt", "TensorRT"}, {"onnxruntime", "ONNX Runtime"}, {"hailort", "HailoRT"},
      {"openvino", "OpenVINO"}, {"native-cpu", "Steelyard"},     {"steelyard engine", "Steelyard"}};
  for (const auto& [plain, spelled] : kSpelled)
    if (lower(out) == plain) return std::string(spelled);
  return out;
}

}  // namespace steelyard
