# SPDX-License-Identifier: Apache-2.0
# Main components of ESP-IDF as programs of this machine.

# The program around each.
add_library(apps_esp STATIC ${PROJECT_SOURCE_DIR}/apps/esp/main.cpp)
target_link_libraries(apps_esp PUBLIC apps_command_line compat_esp_idf PRIVATE linnet_host_flags)

# linnet_add_esp_app(NAME name SOURCES files... [EMBED_TXTFILES files...] [ERA version] [MAX_SOCKETS number]
#                    [SO_REUSE ON|OFF] [SETTINGS CONFIG_X=value...]): the sources of a main component, in C or C++, unchanged.
# ERA is the major version of ESP-IDF that they were written for (default: 5). SETTINGS are the lines that sdkconfig.h gets:
# texts in quotes, y as 1. EMBED_TXTFILES are there as _binary_NAME_start, with a zero behind them. The program takes the
# options of linnet's devices; --help tells them.
function(linnet_add_esp_app)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "NAME;ERA;MAX_SOCKETS;SO_REUSE" "SOURCES;EMBED_TXTFILES;SETTINGS")
  foreach(word IN ITEMS "ERA 5" "MAX_SOCKETS 10" "SO_REUSE ON")
    separate_arguments(word)
    list(GET word 0 key)
    list(GET word 1 value)
    if(NOT DEFINED arg_${key})
      set(arg_${key} ${value})
    endif()
  endforeach()
  set(folder ${PROJECT_BINARY_DIR}/esp_apps/generated/${arg_NAME})

  set(config "#pragma once\n#define CONFIG_LWIP_MAX_SOCKETS ${arg_MAX_SOCKETS}\n")
  if(arg_SO_REUSE)
    string(APPEND config "#define CONFIG_LWIP_SO_REUSE 1\n")
  endif()
  foreach(setting IN LISTS arg_SETTINGS)
    string(REGEX REPLACE "^([^=]+)=(.*)$" "#define \\1 \\2" line "${setting}")
    string(APPEND config "${line}\n")
  endforeach()
  file(CONFIGURE OUTPUT ${folder}/sdkconfig.h CONTENT "${config}" @ONLY)

  set(reuse 0)
  if(arg_SO_REUSE)
    set(reuse 1)
  endif()
  set(numbers ${folder}/numbers.c)
  file(CONFIGURE OUTPUT ${numbers} @ONLY
       CONTENT "const int linnet_esp_max_sockets = ${arg_MAX_SOCKETS};\nconst int linnet_esp_so_reuse = ${reuse};\n")
  set(embedded ${numbers})
  foreach(file IN LISTS arg_EMBED_TXTFILES)
    get_filename_component(path ${file} ABSOLUTE)
    get_filename_component(symbol ${file} NAME)
    string(MAKE_C_IDENTIFIER ${symbol} symbol)
    set(source ${folder}/${symbol}.c)
    file(CONFIGURE OUTPUT ${source} CONTENT "__asm__(\".section .rodata\\n.global _binary_${symbol}_start\\n_binary_${symbol}_start:\\n.incbin \\\"${path}\\\"\\n.byte 0\\n.global _binary_${symbol}_end\\n_binary_${symbol}_end:\\n.text\\n\");\n" @ONLY)
    set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS ${path})
    list(APPEND embedded ${source})
  endforeach()

  # The component sees lwIP's, ESP-IDF's and POSIX' headers of compat/ before the host's; the program around it does not.
  add_library(${arg_NAME}_main OBJECT ${arg_SOURCES} ${embedded})
  target_include_directories(${arg_NAME}_main PRIVATE ${folder} ${PROJECT_SOURCE_DIR}/compat/esp_idf/include
                             ${PROJECT_SOURCE_DIR}/compat/posix/include ${PROJECT_SOURCE_DIR}/compat/lwip/include)
  target_compile_definitions(${arg_NAME}_main PRIVATE LINNET_ESP_ERA=${arg_ERA} ESP_PLATFORM=1 _GNU_SOURCE)
  set_target_properties(${arg_NAME}_main PROPERTIES C_EXTENSIONS ON CXX_EXTENSIONS ON)
  # Programs for 32 bits put small numbers into pointers.
  target_compile_options(${arg_NAME}_main PRIVATE -Wall -U_FORTIFY_SOURCE $<$<COMPILE_LANGUAGE:C>:-Wno-pointer-to-int-cast>
                         $<$<COMPILE_LANGUAGE:C>:-Wno-int-to-pointer-cast>)
  add_executable(${arg_NAME} $<TARGET_OBJECTS:${arg_NAME}_main>)
  target_link_libraries(${arg_NAME} PRIVATE apps_esp) # whose main calls app_main
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/esp_apps)
endfunction()
