// SPDX-License-Identifier: Apache-2.0
// The table of systems that is shipped. Thread-safe.
//
// Nothing here was measured by us. "Assumed" numbers have ranges wide enough to hold common
// machines; whoever has a meter or an invoice writes a file of their own over them.
#include "steelyard/advise/advise.h"

namespace steelyard {
namespace {

constexpr const char* kAsOf = "2026-11";

SystemTable made() {
  SystemTable table;
  HostEntry pc{"PC", {"Core", "Ryzen", "Core i3", "Core i5", "Core i7", "Core i9"}, {}, {}, {}, {}};
  pc.idle_watts = {
      {45, 30, 70}, "W", kAsOf, "Assumed: a desktop without graphics card, at the wall"};
  pc.core_watts = {{20, 8, 35}, "W", kAsOf, "Assumed: one core at full clock, at the wall"};
  pc.efficiency = {{0.88, 0.80, 0.92}, "1", kAsOf, "Assumed: 80 PLUS supply at low load"};
  pc.price = {{700, 450, 1000}, "USD", kAsOf, "Assumed: a desktop without graphics card"};
  HostEntry pi{"Raspberry Pi 5", {"Cortex-A76", "Raspberry Pi 5", "BCM2712"}, {}, {}, {}, {}};
  pi.idle_watts = {{3.3, 2.5, 4.0}, "W", kAsOf, "Assumed: 4 GB board with network, at the wall"};
  pi.core_watts = {{1.3, 0.8, 2.0}, "W", kAsOf, "Assumed: one core at full clock, at the wall"};
  pi.efficiency = {{0.88, 0.82, 0.92}, "1", kAsOf, "Assumed: USB-C supply"};
  pi.price = {
      {90, 80, 100},
      "USD",
      "2026-02",
      "Derived: 60 at launch (4 GB), 5 to 25 more in December 2025, 15 more in February 2026"};
  table.hosts = {{"pc", pc}, {"pi5", pi}};
  AcceleratorEntry gpu{"RTX 3070 Ti", {"RTX 3070 Ti"}, "pc", {}};
  gpu.price = {{599, 350, 599}, "USD", "2021-06", "List price at launch; used ones cost less"};
  AcceleratorEntry npu{"Hailo-8L", {"Hailo-8L"}, "pi5", {}};
  npu.price = {{70, 70, 70}, "USD", "2024-06", "Raspberry Pi AI Kit at launch"};
  table.accelerators = {{"rtx-3070-ti", gpu}, {"hailo-8l", npu}};
  table.per_usd = {{"KRW", {{1400, 1300, 1500}, "KRW", kAsOf, "Assumed: a round rate"}}};
  return table;
}

}  // namespace

const SystemTable& built_in_systems() {
  static const SystemTable table = made();
  return table;
}

}  // namespace steelyard
