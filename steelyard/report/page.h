// SPDX-License-Identifier: Apache-2.0
// The skeleton of the HTML report as a mustache template, with its style sheet. No scripts, no
// fonts, no requests.
#pragma once

namespace steelyard {

extern const char* const
    kPage;  // fields: language, title, subtitle, style, contents, sections, legend, footer
extern const char* const kStyle;

}  // namespace steelyard
