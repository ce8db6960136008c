// SPDX-License-Identifier: Apache-2.0
// What `steelyard doctor` reads off a machine, on recorded trees of /sys, /proc and /dev.
#include <filesystem>
#include <fstream>

#include "tests/cli/bench.h"

namespace steelyard {
namespace {

namespace fs = std::filesystem;

class Accelerators : public Bench {
 protected:
  void SetUp() override {
    for (const char* name : {"SYS", "PROC", "DEV"}) {
      fs::create_directories(root() / name);
      program_.set(std::string("STEELYARD_") + name, (root() / name).string());
    }
  }
  fs::path root() const { return folder_.path() / "machine"; }
  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((root() / file).parent_path());
    std::ofstream(root() / file) << text << "\n";
  }
  void put_card(const std::string& vendor, const std::string& speed, const std::string& width) {
    const std::string card = "SYS/bus/pci/devices/0000:01:00.0/";
    write(card + "vendor", vendor);
    write(card + "class", "0x120000");
    write(card + "current_link_speed", speed);
    write(card + "current_link_width", width);
    write(card + "max_link_speed", "8.0 GT/s PCIe");
    write(card + "max_link_width", "4");
  }
  std::string said() { return program_.run({"doctor", "--lang", "en"}).out; }
};

TEST_F(Accelerators, AreNotMentionedWhereThereAreNone) {
  const std::string text = said();
  EXPECT_EQ(text.find("PCIe link"), std::string::npos) << text;
  EXPECT_EQ(text.find("WSL2"), std::string::npos) << text;
  EXPECT_EQ(text.find("power supply"), std::string::npos) << text;
}

TEST_F(Accelerators, ASlowLinkOnAPiNamesTheLineThatMendsIt) {
  put_card("0x1e60", "5.0 GT/s PCIe", "1");
  write("PROC/device-tree/model", "Raspberry Pi 5 Model B Rev 1.0");
  const std::string text = said();
  EXPECT_NE(text.find("Gen2 x1 / Gen3 x4"), std::string::npos) << text;
  EXPECT_NE(text.find("dtparam=pciex1_gen=3"), std::string::npos) << text;
}

TEST_F(Accelerators, ASlowLinkElsewhereNamesTheSlot) {
  put_card("0x1e60", "8.0 GT/s PCIe", "1");
  EXPECT_NE(said().find("a slot with more lanes"), std::string::npos);
}

TEST_F(Accelerators, ALinkAtItsMostIsGood) {
  put_card("0x1e60", "8.0 GT/s PCIe", "4");
  EXPECT_NE(said().find("+ PCIe link (Hailo)"), std::string::npos);
}

TEST_F(Accelerators, WhoHoldsADeviceIsNamed) {
  write("DEV/hailo0", "");
  write("PROC/4242/comm", "hailortcli");
  fs::create_directories(root() / "PROC/4242/fd");
  EXPECT_NE(said().find("free"), std::string::npos);
  fs::create_symlink(root() / "DEV/hailo0", root() / "PROC/4242/fd/7");
  EXPECT_NE(said().find("in use by hailortcli (4242)"), std::string::npos);
}

TEST_F(Accelerators, UnderVoltageIsSaid) {
  write("SYS/devices/platform/soc/soc:firmware/get_throttled", "50000");
  EXPECT_NE(said().find("since boot (0x50000)"), std::string::npos);
  write("SYS/devices/platform/soc/soc:firmware/get_throttled", "50005");
  EXPECT_NE(said().find("under-voltage now"), std::string::npos);
  write("SYS/devices/platform/soc/soc:firmware/get_throttled", "0");
  EXPECT_NE(said().find("fine since boot"), std::string::npos);
}

TEST_F(Accelerators, Wsl2SaysWhatItHides) {
  write("PROC/version", "Linux version 5.15.153.1-microsoft-standard-WSL2");
  EXPECT_NE(said().find("it hides CPU clocks"), std::string::npos);
}

}  // namespace
}  // namespace steelyard
