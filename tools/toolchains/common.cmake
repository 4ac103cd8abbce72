# SPDX-License-Identifier: Apache-2.0
# What the device toolchains share: objects only (nothing is linked yet), and the headers that
# `tools/install-deps cross` unpacks. Debian's C++ headers of the ARM toolchain serve every target: they hold
# nothing that is ARM's own beyond c++config.h, which agrees for 32-bit newlib-like targets.
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)

set(linnet_cross_root ${CMAKE_CURRENT_LIST_DIR}/../../build/cross-root)
cmake_path(NORMAL_PATH linnet_cross_root)
if(NOT EXISTS ${linnet_cross_root}/complete)
  message(FATAL_ERROR "the C and C++ headers are missing: run tools/install-deps cross")
endif()

# linnet_device(PREFIX compiler-prefix INCLUDE c-headers FLAGS flags...)
macro(linnet_device)
  cmake_parse_arguments(device "" "PREFIX;INCLUDE" "FLAGS" ${ARGN})
  set(CMAKE_CXX_COMPILER ${device_PREFIX}-g++)
  list(JOIN device_FLAGS " " device_flags)
  set(device_cxx ${linnet_cross_root}/usr/include/newlib/c++/12.2.1)
  string(CONCAT CMAKE_CXX_FLAGS_INIT "${device_flags} -isystem ${device_cxx} "
         "-isystem ${device_cxx}/arm-none-eabi -isystem ${linnet_cross_root}/${device_INCLUDE}")
endmacro()
