# SPDX-License-Identifier: Apache-2.0
# Main components of ESP-IDF as programs of this machine.

# The program around each.
add_library(apps_esp STATIC ${PROJECT_SOURCE_DIR}/apps/esp/main.cpp)
target_link_libraries(apps_esp PUBLIC apps_command_line compat_esp_idf PRIVATE linnet_host_flags)

# linnet_esp_settings(FOLDER SOURCE settings...): of a program with files of settings: sdkconfig.h and the numbers of its stack.
function(linnet_esp_settings folder source)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "PREPARE;PROFILE" "SDKCONFIG;KCONFIG;SETTINGS")
  set(options --profile ${arg_PROFILE})
  foreach(kind IN ITEMS SDKCONFIG KCONFIG)
    foreach(file IN LISTS arg_${kind})
      get_filename_component(path ${file} ABSOLUTE)
      string(REPLACE SDKCONFIG --config option ${kind})
      string(REPLACE KCONFIG --kconfig option ${option})
      list(APPEND options ${option} ${path})
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
    endforeach()
  endforeach()
  list(JOIN arg_SETTINGS "\n" lines)
  file(CONFIGURE OUTPUT ${folder}/sdkconfig.lines CONTENT "${lines}\n" @ONLY)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/settings app --output ${folder} ${options}
                          --config ${folder}/sdkconfig.lines
                  RESULT_VARIABLE failed ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "${said}")
  endif()
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "#include \"settings/settings.hpp\"
#include \"apps/esp/configuration.hpp\"
#include \"apps/tls_names.hpp\"
namespace linnet::apps {
const settings::Settings own;
const EspConfiguration esp_configuration{
    .max_sockets = settings::sockets_config().max_sockets,
    .reuse_address = own.lwip_so_reuse,
    .stack = settings::stack_config(),
    .sockets = settings::sockets_config(),
    .services = {.host_name = own.lwip_local_hostname,
                 .mdns_names = own.lwip_dns_support_mdns_queries,
                 .mdns_services = own.mdns_max_services,
                 .autoip = own.lwip_autoip,
                 .autoip_tries = static_cast<std::uint8_t>(own.lwip_autoip_tries),
                 .sntp_startup = settings::sntp_config().startup_delay,
                 .sntp_interval = settings::sntp_config().interval,
                 .dhcp_server_leases = own.lwip_dhcps ? settings::dhcps_config().leases : std::uint16_t{0},
                 .dhcp_server_unit = Duration::seconds(own.lwip_dhcps_lease_unit)},
    .prepare = ${arg_PREPARE}};
}
")
endfunction()

# linnet_add_esp_app(NAME name SOURCES files... [EMBED_TXTFILES files...] [ERA version] [TLS] [SETTINGS CONFIG_X=value...]
#                    [SDKCONFIG files... KCONFIG files... PROFILE name | MAX_SOCKETS number SO_REUSE ON|OFF]):
# the sources of a main component, in C or C++, unchanged. ERA is the major version of ESP-IDF that they were written for
# (default: 5). EMBED_TXTFILES are there as _binary_NAME_start, with a zero behind them. TLS: they use
# esp_tls.h, esp_crt_bundle.h, or mbedTLS with its mbedtls_net_*. The program takes the options of linnet's devices; --help tells
# them.
# With SDKCONFIG (sdkconfig.defaults, sdkconfig: later ones win) or KCONFIG (its Kconfig.projbuild) the settings are those of
# tools/settings over PROFILE (default: esp32-today): they size the program's stack, and sdkconfig.h has them all; SETTINGS are
# further lines of an sdkconfig. Without, the stack is as large as this machine's, and SETTINGS are the lines that sdkconfig.h
# gets: texts in quotes, y as 1.
function(linnet_add_esp_app)
  cmake_parse_arguments(PARSE_ARGV 0 arg "TLS" "NAME;ERA;MAX_SOCKETS;SO_REUSE;PROFILE"
                        "SOURCES;EMBED_TXTFILES;SETTINGS;SDKCONFIG;KCONFIG")
  foreach(word IN ITEMS "ERA 5" "MAX_SOCKETS 10" "SO_REUSE ON" "PROFILE esp32-today")
    separate_arguments(word)
    list(GET word 0 key)
    list(GET word 1 value)
    if(NOT DEFINED arg_${key})
      set(arg_${key} ${value})
    endif()
  endforeach()
  set(folder ${PROJECT_BINARY_DIR}/esp_apps/generated/${arg_NAME})
  set(configuration ${folder}/configuration.cpp)
  set(prepare nullptr)
  if(arg_TLS)
    set(prepare attach_tls)
  endif()
  if(arg_SDKCONFIG OR arg_KCONFIG)
    linnet_esp_settings(${folder} ${configuration} PREPARE ${prepare} PROFILE ${arg_PROFILE} SDKCONFIG ${arg_SDKCONFIG}
                        KCONFIG ${arg_KCONFIG} SETTINGS ${arg_SETTINGS})
  else()
    set(config "#pragma once\n#define CONFIG_LWIP_MAX_SOCKETS ${arg_MAX_SOCKETS}\n")
    set(reuse false)
    if(arg_SO_REUSE)
      string(APPEND config "#define CONFIG_LWIP_SO_REUSE 1\n")
      set(reuse true)
    endif()
    foreach(setting IN LISTS arg_SETTINGS)
      string(REGEX REPLACE "^([^=]+)=(.*)$" "#define \\1 \\2" line "${setting}")
      string(APPEND config "${line}\n")
    endforeach()
    file(CONFIGURE OUTPUT ${folder}/sdkconfig.h CONTENT "${config}" @ONLY)
    file(CONFIGURE OUTPUT ${configuration} @ONLY CONTENT "#include \"apps/esp/configuration.hpp\"
#include \"apps/tls_names.hpp\"
namespace linnet::apps {
const EspConfiguration esp_configuration{.max_sockets = ${arg_MAX_SOCKETS}, .reuse_address = ${reuse},
                                         .prepare = ${prepare}};
}
")
  endif()

  set(embedded "")
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
  add_executable(${arg_NAME} $<TARGET_OBJECTS:${arg_NAME}_main> ${configuration})
  target_include_directories(${arg_NAME} BEFORE PRIVATE ${folder}) # its linnet_settings.hpp, not the build's
  target_link_libraries(${arg_NAME} PRIVATE apps_esp) # whose main calls app_main
  if(arg_TLS)
    target_include_directories(${arg_NAME}_main PRIVATE ${PROJECT_SOURCE_DIR}/compat/esp_tls/include
                               $<TARGET_PROPERTY:mbedtls_archives,INTERFACE_INCLUDE_DIRECTORIES>)
    target_link_libraries(${arg_NAME} PRIVATE compat_esp_tls)
  endif()
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/esp_apps)
endfunction()
