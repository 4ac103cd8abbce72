# SPDX-License-Identifier: Apache-2.0
# compat/: the headers that programs include. Those of lwIP are also C, so each is compiled as C11 alone, and all together as C++20
# in each era, and as C11 in each era with each style of the calls.
if(NOT CMAKE_C_COMPILER AND CMAKE_CXX_COMPILER MATCHES "clang\\+\\+")
  string(REPLACE "clang++" "clang" CMAKE_C_COMPILER "${CMAKE_CXX_COMPILER}") # flags that only one vendor has fit both
endif()
enable_language(C)
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
if(linnet_ccache)
  set(CMAKE_C_COMPILER_LAUNCHER ${linnet_ccache})
endif()

# linnet_public_headers(NAME FOLDER folder INCLUDE folders... [LAYOUT header]): a library that is nothing but a check.
function(linnet_public_headers name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER;LAYOUT" "INCLUDE")
  set(root ${PROJECT_SOURCE_DIR}/${arg_FOLDER})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${root} ${root}/*.h)
  list(FILTER headers EXCLUDE REGEX "(sockets_(macros|functions)|mdns_(era2|today))\\.h$") # they are halves of others
  set(everything "#define _GNU_SOURCE 1\n")
  set(sources "")
  foreach(header IN LISTS headers)
    string(APPEND everything "#include <${header}>\n")
    set(source ${PROJECT_BINARY_DIR}/headers/${name}/${header}.c)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n#include <${header}>\n")
    list(APPEND sources ${source})
  endforeach()
  if(arg_LAYOUT)
    string(APPEND everything "#include \"${arg_LAYOUT}\"\n")
  endif()
  string(REPLACE "#define _GNU_SOURCE 1\n" "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE 1\n#endif\n" text "${everything}")
  foreach(era IN ITEMS 2 3 4 5)
    set(source ${PROJECT_BINARY_DIR}/headers/${name}/era_${era}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#define LINNET_ESP_ERA ${era}\n${text}" @ONLY)
    list(APPEND sources ${source})
    foreach(style IN ITEMS 0 1 2) # no names, macros, functions
      set(source ${PROJECT_BINARY_DIR}/headers/${name}/era_${era}_sockets_${style}.c)
      file(CONFIGURE OUTPUT ${source} @ONLY
           CONTENT "#define LINNET_ESP_ERA ${era}\n#define LWIP_COMPAT_SOCKETS ${style}\n${text}")
      list(APPEND sources ${source})
    endforeach()
  endforeach()
  add_library(${name} OBJECT ${sources})
  target_include_directories(${name} PRIVATE ${arg_INCLUDE} ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow -Werror)
endfunction()

linnet_module(compat_lwip FOLDER compat/lwip DEPENDS core ${services} sockets LIBRARIES Threads::Threads)
target_include_directories(compat_lwip PUBLIC ${PROJECT_SOURCE_DIR}/compat/lwip/include)
if(LINNET_TESTS)
  linnet_public_headers(compat_lwip_headers FOLDER compat/lwip/include INCLUDE compat/lwip/include
                        LAYOUT compat/lwip/test_layout.h)
  linnet_public_headers(compat_posix_headers FOLDER compat/posix/include
                        INCLUDE compat/posix/include compat/lwip/include)
endif()

# The snippets of the ESP32 text, as programs of ESP-IDF 2 and of today.
foreach(era IN ITEMS 2 5)
  file(GLOB snippets CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/seed/*.c)
  if(era EQUAL 2)
    list(APPEND snippets ${PROJECT_SOURCE_DIR}/apps/seed/era2/mdns.c)
  endif()
  add_library(seed_era_${era} OBJECT ${snippets})
  target_link_libraries(seed_era_${era} PRIVATE compat_esp_idf)
  target_compile_definitions(seed_era_${era} PRIVATE LINNET_ESP_ERA=${era} _GNU_SOURCE)
  target_compile_options(seed_era_${era} PRIVATE -Wall -Wextra -Werror)
endforeach()

# ESP-IDF's headers; the tasks behind them are threads.
linnet_module(compat_esp_idf FOLDER compat/esp_idf DEPENDS compat_lwip LIBRARIES Threads::Threads)
target_include_directories(compat_esp_idf PUBLIC ${PROJECT_SOURCE_DIR}/compat/esp_idf/include)
if(LINNET_TESTS)
  linnet_public_headers(compat_esp_idf_headers FOLDER compat/esp_idf/include
                        INCLUDE compat/esp_idf/include compat/lwip/include compat/posix/include
                        LAYOUT compat/esp_idf/test_eras.h)
endif()
