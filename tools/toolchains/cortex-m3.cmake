# SPDX-License-Identifier: Apache-2.0
# ARM Cortex-M3.
set(CMAKE_SYSTEM_PROCESSOR arm)
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
linnet_device(PREFIX arm-none-eabi INCLUDE usr/lib/picolibc/arm-none-eabi/include
              FLAGS -mcpu=cortex-m3 -mthumb)
