# SPDX-License-Identifier: Apache-2.0
# Xtensa lx106, the processor of the ESP8266.
set(CMAKE_SYSTEM_PROCESSOR xtensa)
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
linnet_device(PREFIX xtensa-lx106-elf INCLUDE usr/lib/xtensa-lx106-elf/include
              FLAGS -mlongcalls -mtext-section-literals)
