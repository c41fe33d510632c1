// Precompiled for every test (tests/CMakeLists.txt). No file may rely on it.
#pragma once

#include <gtest/gtest.h>

#include "../src/precompiled.h"
