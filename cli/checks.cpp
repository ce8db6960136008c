// SPDX-License-Identifier: Apache-2.0
// See checks.h. Everything is read from the kernel's files; no vendor's tool is asked.
#include "cli/checks.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace steelyard::cli {
namespace {

namespace fs = std::filesystem;

fs::path root(const char* variable, const char* usual) {
  const char* const chosen = std::getenv(variable);
  return chosen != nullptr && *chosen != '\0' ? chosen : usual;
}

std::string line_of(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  while (!line.empty() && (line.back() == '\0' || line.back() == ' ')) line.pop_back();
  return line;
}

std::vector<fs::path> entries_of(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator i(folder, error), end; !error && i != end; i.increment(error))
    found.push_back(i->path());
  std::sort(found.begin(), found.end());
  return found;
}

// "8.0 GT/s PCIe" -> 3; 0 when it says nothing that is known.
int generation_of(const std::string& speed) {
  const double rate = std::atof(speed.c_str());
  const double rates[] = {2.5, 5, 8, 16, 32, 64};
  for (int i = 0; i < 6; ++i)
    if (rate == rates[i]) return i + 1;
  return 0;
}

bool is_pi(const fs::path& proc) {
  return line_of(proc / "device-tree/model").starts_with("Raspberry Pi");
}

// A link that runs below what both ends can do moves data that much slower.
void check_links(std::vector<Check>& checks, const fs::path& sys, const fs::path& proc) {
  for (const fs::path& device : entries_of(sys / "bus/pci/devices")) {
    const std::string vendor = line_of(device / "vendor"), kind = line_of(device / "class");
    const bool hailo = vendor == "0x1e60";
    const bool nvidia = vendor == "0x10de" && kind.starts_with("0x03");
    if (!hailo && !nvidia) continue;
    const int now = generation_of(line_of(device / "current_link_speed"));
    const int most = generation_of(line_of(device / "max_link_speed"));
    const int width = std::atoi(line_of(device / "current_link_width").c_str());
    const int widest = std::atoi(line_of(device / "max_link_width").c_str());
    const char* const name = hailo ? "Hailo" : "NVIDIA";
    Check check{"pcie." + device.filename().string(),
                {fmt::format("PCIe 링크({})", name), fmt::format("PCIe link ({})", name)}};
    // A GPU at rest lowers its own link.
    check.good = now == 0 || nvidia || (now >= most && width >= widest);
    const auto text = fmt::format("Gen{} x{} / Gen{} x{}", now, width, most, widest);
    check.found = {fmt::format("{} (현재 / 장치 최대)", text),
                   fmt::format("{} (now / the device's most)", text)};
    if (!check.good && is_pi(proc) && now < 3)
      check.hint =
          "add dtparam=pciex1_gen=3 to /boot/firmware/config.txt and reboot; the board has "
          "one lane";
    else if (!check.good && !is_pi(proc))
      check.hint =
          "put the card into a slot with more lanes or a newer generation, `lspci -vv` shows both";
    checks.push_back(std::move(check));
  }
}

std::string holders_of(const fs::path& proc, const fs::path& file) {
  std::string names;
  for (const fs::path& process : entries_of(proc)) {
    const std::string pid = process.filename().string();
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const fs::path& descriptor : entries_of(process / "fd")) {
      std::error_code error;
      if (fs::read_symlink(descriptor, error) != file) continue;
      names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", line_of(process / "comm"), pid);
      break;
    }
  }
  return names;
}

void check_files(std::vector<Check>& checks, const fs::path& dev, const fs::path& proc) {
  for (const fs::path& file : entries_of(dev)) {
    const std::string name = file.filename().string();
    const bool hailo = name.starts_with("hailo");
    const bool nvidia = name.starts_with("nvidia") && name.size() > 6 && std::isdigit(name[6]) != 0;
    if (!hailo && !nvidia) continue;
    Check check{"device." + name, {file.string(), file.string()}};
    const bool allowed = ::access(file.c_str(), R_OK | W_OK) == 0;
    const std::string holders = holders_of(proc, file);
    check.good = allowed && (holders.empty() || nvidia);
    check.found = {
        allowed ? holders.empty() ? "사용 가능" : "사용 중: " + holders : "이 사용자에게 권한 없음",
        allowed ? holders.empty() ? "free" : "in use by " + holders : "this user may not open it"};
    if (!allowed)
      check.hint = fmt::format("sudo chmod a+rw {} until the next boot; a udev rule for good",
                               file.string());
    else if (!check.good)
      check.hint = "end that program before measuring";
    checks.push_back(std::move(check));
  }
}

// Bits of the Pi's firmware: 0 under-voltage now, 2 throttled now, 16 and 18 since boot.
void check_supply(std::vector<Check>& checks, const fs::path& sys) {
  const std::string text = line_of(sys / "devices/platform/soc/soc:firmware/get_throttled");
  if (text.empty()) return;
  const unsigned long bits = std::strtoul(text.c_str(), nullptr, 16);
  Check check{"supply", {"전원 공급", "power supply"}};
  check.good = (bits & 0x50005) == 0;
  check.found = check.good ? Words{"정상", "fine since boot"}
                : (bits & 1) != 0
                    ? Words{"지금 저전압", "under-voltage now"}
                    : Words{fmt::format("부팅 이후 저전압 또는 스로틀링 있었음(0x{:x})", bits),
                            fmt::format("under-voltage or throttling since boot (0x{:x})", bits)};
  if (!check.good)
    check.hint = "use the board's own 27 W supply and a short cable, cool it, then reboot";
  checks.push_back(std::move(check));
}

void check_wsl(std::vector<Check>& checks, const fs::path& proc) {
  const std::string kernel = line_of(proc / "version");
  if (kernel.find("microsoft") == std::string::npos) return;
  checks.push_back({"wsl",
                    {"WSL2", "WSL2"},
                    false,
                    {"CPU 주파수, 온도, RAPL 전력, PCIe 장치(Hailo)가 보이지 않고 다른 Windows "
                     "프로그램의 부하도 알 수 없음",
                     "it hides CPU clocks, temperatures, RAPL power and PCIe devices (Hailo), and "
                     "what Windows programs do meanwhile"},
                    "measure on Linux itself; results from here say nothing about power"});
}

}  // namespace

std::vector<Check> check_accelerators() {
  const fs::path sys = root("STEELYARD_SYS", "/sys"), proc = root("STEELYARD_PROC", "/proc"),
                 dev = root("STEELYARD_DEV", "/dev");
  std::vector<Check> checks;
  check_links(checks, sys, proc);
  check_files(checks, dev, proc);
  check_supply(checks, sys);
  check_wsl(checks, proc);
  return checks;
}

}  // namespace steelyard::cli
