# SPDX-License-Identifier: Apache-2.0
# RISC-V rv32imc, the instruction set of the ESP32-C3.
set(CMAKE_SYSTEM_PROCESSOR riscv32)
include(${CMAKE_CURRENT_LIST_DIR}/common.cmake)
linnet_device(PREFIX riscv64-unknown-elf INCLUDE usr/lib/picolibc/riscv64-unknown-elf/include
              FLAGS -march=rv32imc -mabi=ilp32 -misa-spec=2.2)
