// SPDX-License-Identifier: Apache-2.0
// What to do about each of HailoRT's status codes. Thread-safe.
#include <fmt/format.h>

#include "steelyard/backend/backend.h"
#include "steelyard/backend/hailort/adapter/sdk.h"

namespace steelyard::hailo {

std::string way_out(hailo_status status) {
  switch (static_cast<int>(status)) {
    case HAILO_UNSUPPORTED_CONTROL_PROTOCOL_VERSION:
    case HAILO_UNSUPPORTED_FW_VERSION:
    case HAILO_INVALID_CONTROL_RESPONSE:
    case HAILO_INVALID_DRIVER_VERSION:
    case HAILO_INVALID_SERVICE_VERSION:
    case HAILO_DRIVER_INVALID_RESPONSE:
    case HAILO_DRIVER_INVALID_IOCTL:
      return "library, driver and firmware must be of one version: install them together "
             "(Raspberry "
             "Pi OS: sudo apt install --reinstall hailo-all), then reboot; `hailortcli "
             "fw-control identify` and `modinfo hailo_pci` name the versions";
    case HAILO_DRIVER_NOT_INSTALLED:
    case HAILO_PCIE_NOT_SUPPORTED_ON_PLATFORM:
      return "load the driver: sudo modprobe hailo_pci (Raspberry Pi OS: sudo apt install dkms "
             "hailo-all, then reboot)";
    case HAILO_DEVICE_IN_USE:
    case HAILO_OUT_OF_PHYSICAL_DEVICES:
      return "another process may hold the device, `sudo fuser -v /dev/hailo*` names it; `lspci -d "
             "1e60:` shows whether the device is there at all";
    case HAILO_OPEN_FILE_FAILURE:
    case HAILO_FILE_OPERATION_FAILURE:
    case HAILO_CLOSE_FAILURE:
      return "check that the file is there and that this user may open it; for the device itself: "
             "ls -l /dev/hailo*";
    case kHefNotForThisDevice:
    case HAILO_INVALID_DEVICE_ARCHITECTURE:
      return "compile the model for this device (--hw-arch hailo8l for a Hailo-8L; what was "
             "compiled for a Hailo-8 does not run there): steelyard convert MODEL --to hailort:0";
    case HAILO_INVALID_HEF:
    case kHefCorrupted:
    case kHefNotSupported:
      return "compile the model again with the Dataflow Compiler that belongs to this HailoRT "
             "(3.33 to 4.23): steelyard convert MODEL --to hailort:0";
    case HAILO_TIMEOUT:
    case HAILO_DRIVER_TIMEOUT:
      return "the device does not answer; reset it with `hailortcli fw-control reset "
             "--reset-type soft`, or switch the machine off and on";
    case HAILO_OUT_OF_HOST_MEMORY:
    case HAILO_OUT_OF_HOST_CMA_MEMORY:
    case HAILO_OUT_OF_FW_MEMORY:
    case HAILO_OUT_OF_DESCRIPTORS:
    case HAILO_CANT_MEET_BUFFER_REQUIREMENTS:
    case HAILO_QUEUE_IS_FULL:
      return "measure a smaller batch or fewer queries in flight, and close other programs that "
             "use "
             "the device";
    case HAILO_COMMUNICATION_CLOSED:
    case HAILO_STREAM_ABORT:
    case HAILO_DRIVER_OPERATION_FAILED:
    case HAILO_DRIVER_WAIT_CANCELED:
    case HAILO_SHUTDOWN_EVENT_SIGNALED:
    case HAILO_CONNECTION_REFUSED:
      return "the device was lost; `dmesg | grep -i hailo` and `lspci -d 1e60:` show why, and the "
             "power supply and the PCIe cable are usual suspects";
    case HAILO_UNSUPPORTED_OPCODE:
    case HAILO_NOT_SUPPORTED:
    case HAILO_NOT_IMPLEMENTED:
      return "this board or firmware cannot do it; measure without it";
    case HAILO_INVALID_FRAME:
    case HAILO_INSUFFICIENT_BUFFER:
    case HAILO_DATA_ALIGNMENT_FAILURE:
      return "the HEF's shapes are not the model's: steelyard describe FILE.hef shows them";
    default:
      return "`dmesg | grep -i hailo` shows what the driver says, `hailortcli fw-control identify` "
             "whether the device answers";
  }
}

void refuse(hailo_status status, const std::string& doing) {
  const char* words = hailo_get_status_message(status);
  const std::string what =
      fmt::format("HailoRT cannot {}: {} (status {})", doing, words == nullptr ? "no words" : words,
                  static_cast<int>(status));
  if (status == kHefNotForThisDevice) throw Unsupported(what, way_out(status));
  throw Error(what, way_out(status));
}

}  // namespace steelyard::hailo
