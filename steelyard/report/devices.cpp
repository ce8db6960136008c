// SPDX-License-Identifier: Apache-2.0
// `steelyard devices` and `doctor` for people. Pure.
#include <algorithm>

#include "steelyard/report/explain.h"
#include "steelyard/report/sections.h"
#include "steelyard/report/text_layout.h"
#include "steelyard/report/words_terms.h"

namespace steelyard {
namespace {

// "Steelyard engine 0.1.0 (AVX3): fp32, bf16, int8", "" for a backend without devices.
std::string runtime_of(const DeviceListing& d) {
  std::string names;
  for (const Precision precision : d.precisions)
    names += (names.empty() ? "" : ", ") + std::string(to_string(precision));
  return d.runtime + (d.runtime.empty() || names.empty() ? "" : ": ") + names;
}

std::string terminal(const std::vector<DeviceListing>& devices, const RenderOptions& options) {
  const int width = std::clamp(options.columns, 40, 200);
  int spec = 4, state = 4;
  for (const DeviceListing& d : devices) {
    spec = std::max(spec, display_width(d.spec));
    state = std::max(state, display_width(name_of(d.availability.kind, options.language)));
  }
  spec = std::min(spec, width / 2);
  const int indent = spec + state + 4;
  std::string out;
  for (const DeviceListing& d : devices) {
    const bool ready = d.availability.kind == Availability::Ready;
    std::string word = pad_right(name_of(d.availability.kind, options.language), state);
    if (options.colour) word = (ready ? "\x1b[32m" : "\x1b[31m") + word + "\x1b[0m";
    std::vector<std::string> lines;
    const auto add = [&](const std::string& text) {
      if (text.empty()) return;
      for (auto& piece : wrap(text, std::max(16, width - indent)))
        lines.push_back(std::move(piece));
    };
    add(d.name);
    add(runtime_of(d));
    add(d.availability.reason);
    if (!d.availability.hint.empty()) add("-> " + d.availability.hint);
    if (lines.empty()) lines.emplace_back();
    const bool wide = display_width(d.spec) > spec;
    std::string first = wide ? d.spec + "\n" + std::string(static_cast<std::size_t>(spec), ' ')
                             : pad_right(d.spec, spec);
    out += first + "  " + word + "  " + lines.front() + "\n";
    for (std::size_t i = 1; i < lines.size(); ++i)
      out += std::string(static_cast<std::size_t>(indent), ' ') + lines[i] + "\n";
  }
  return out.empty() ? fill(kTerms.no_devices, options.language) + "\n" : out;
}

}  // namespace

std::string render_devices(const std::vector<DeviceListing>& devices,
                           const RenderOptions& options) {
  if (options.format == Format::terminal) return terminal(devices, options);
  const Language language = options.language;
  Document document;
  document.language = language;
  document.title = "steelyard devices";
  Table table{
      fill(kTerms.list_device, language), fill(kTerms.list_spec, language), {}, {}, "", false};
  for (const Phrase* phrase :
       {&kTerms.list_state, &kTerms.list_device, &kTerms.runtime, &kTerms.reason, &kTerms.hint})
    table.columns.push_back({fill(*phrase, language), {}, State::plain});
  for (const DeviceListing& d : devices) {
    const auto text = [](const std::string& s) {
      return Cell{s.empty() ? "-" : s, State::plain, {}, ""};
    };
    table.rows.push_back(
        {d.spec,
         {text(name_of(d.availability.kind, language)), text(d.name), text(runtime_of(d)),
          text(d.availability.reason), text(d.availability.hint)},
         ""});
  }
  Section section{"devices", fill(kTerms.list_device, language), 2, {}};
  section.parts.push_back(std::move(table));
  document.sections.push_back(std::move(section));
  return options.format == Format::html ? write_html(document) : write_markdown(document);
}

}  // namespace steelyard
