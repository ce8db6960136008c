// SPDX-License-Identifier: Apache-2.0
// What a test may ask of the stand-in library. Found by dlsym in the library that is loaded.
#pragma once

extern "C" {
// From its `skip`-th use on, the call of that name fails with the status; 0 mends it. Names are
// those of the functions: "scan", "run", "run_async", "completion" ...
void fake_hailort_fail(const char* call, int status, int skip);
// Every answer takes that long.
void fake_hailort_delay(int milliseconds);
// How many devices there are, and whether they measure power.
void fake_hailort_devices(int count, bool power);
// How many frames may be in flight.
void fake_hailort_queue(int frames);
// Everything as it was.
void fake_hailort_mend();
}
