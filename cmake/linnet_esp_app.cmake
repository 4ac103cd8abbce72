# SPDX-License-Identifier: Apache-2.0
# Main components of ESP-IDF as programs of this machine.

include(linnet_esp_component)

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
  execute_process(COMMAND ${linnet_SOURCE_DIR}/tools/settings app --output ${folder} ${options}
                          --config ${folder}/sdkconfig.lines
                  RESULT_VARIABLE failed ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "${said}")
  endif()
  file(CONFIGURE OUTPUT ${source} @ONLY CONTENT "#include \"settings/settings.hpp\"
#include <sdkconfig.h>
#include \"apps/esp/configuration.hpp\"
#include \"apps/tls_names.hpp\"
#ifndef CONFIG_FREERTOS_HZ
#define CONFIG_FREERTOS_HZ 100
#endif
namespace linnet::apps {
const settings::Settings own;
const EspConfiguration esp_configuration{
    .max_sockets = settings::sockets_config().max_sockets,
    .reuse_address = own.lwip_so_reuse,
    .stack = settings::stack_config(),
    .sockets = settings::sockets_config(),
    .services = {.host_name = own.lwip_local_hostname,
                 .name_servers = settings::name_servers().most,
                 .last_name_server = settings::name_servers().last,
                 .dhcp = settings::dhcp_config(),
                 .mdns_names = own.lwip_dns_support_mdns_queries,
                 .mdns_services = own.mdns_max_services,
                 .autoip = own.lwip_autoip,
                 .autoip_tries = static_cast<std::uint8_t>(own.lwip_autoip_tries),
                 .sntp_startup = settings::sntp_config().startup_delay,
                 .sntp_interval = settings::sntp_config().interval,
                 .dns_mix_case = settings::dns_config().mix_case,
                 .dns_refuse_local = settings::dns_config().refuse_local_answers,
                 .restore_address = own.lwip_dhcp_restore_last_ip,
                 .dhcp_server_leases = own.lwip_dhcps ? settings::dhcps_config().leases : std::uint16_t{0},
                 .dhcp_server_unit = Duration::seconds(own.lwip_dhcps_lease_unit)},
    .tick_rate = CONFIG_FREERTOS_HZ,
    .prepare = ${arg_PREPARE}};
}
")
endfunction()

# linnet_add_esp_app(NAME name SOURCES files... | MAIN folder [EMBED_TXTFILES files...] [ERA version] [TLS] [OPENSSL]
#                    [SETTINGS CONFIG_X=value...]
#                    [SDKCONFIG files... KCONFIG files... PROFILE name | MAX_SOCKETS number SO_REUSE ON|OFF]):
# the sources of a main component, in C or C++, unchanged: these files, or those that the folder's own CMakeLists.txt (or
# component.mk) names, with its Kconfig.projbuild and the sdkconfig.defaults beside the folder. ERA is the major version of
# ESP-IDF that they were written for (default: 5). EMBED_TXTFILES are there as _binary_NAME_start, with a zero behind them. TLS:
# they use esp_tls.h, esp_crt_bundle.h, or mbedTLS with its mbedtls_net_*. OPENSSL: the OpenSSL mapping (openssl/ssl.h). The
# program takes the options of linnet's devices; --help tells them.
# With MAIN, SDKCONFIG (sdkconfig.defaults, sdkconfig: later ones win) or KCONFIG (its Kconfig.projbuild) the settings are those of
# tools/settings over PROFILE (default: esp32-today): they size the program's stack, and sdkconfig.h has them all; SETTINGS are
# further lines of an sdkconfig. Without, the stack is as large as this machine's, and SETTINGS are the lines that sdkconfig.h
# gets: texts in quotes, y as 1.
function(linnet_add_esp_app)
  cmake_parse_arguments(PARSE_ARGV 0 arg "TLS;OPENSSL" "NAME;ERA;MAX_SOCKETS;SO_REUSE;PROFILE;MAIN"
                        "SOURCES;EMBED_TXTFILES;SETTINGS;SDKCONFIG;KCONFIG")
  foreach(word IN ITEMS "ERA 5" "MAX_SOCKETS 10" "SO_REUSE ON" "PROFILE esp32-today")
    separate_arguments(word)
    list(GET word 0 key)
    list(GET word 1 value)
    if(NOT DEFINED arg_${key})
      set(arg_${key} ${value})
    endif()
  endforeach()
  set(folder ${linnet_BINARY_DIR}/esp_apps/generated/${arg_NAME})
  set(linnet_esp_folder ${folder})
  set(configuration ${folder}/configuration.cpp)
  set(prepare nullptr)
  if(arg_TLS OR arg_OPENSSL)
    set(prepare attach_tls)
  endif()
  if(arg_MAIN)
    get_filename_component(arg_MAIN ${arg_MAIN} ABSOLUTE)
    if(EXISTS ${arg_MAIN}/Kconfig.projbuild)
      list(PREPEND arg_KCONFIG ${arg_MAIN}/Kconfig.projbuild)
    endif()
    if(EXISTS ${arg_MAIN}/../sdkconfig.defaults)
      list(PREPEND arg_SDKCONFIG ${arg_MAIN}/../sdkconfig.defaults)
    endif()
  endif()
  if(arg_MAIN OR arg_SDKCONFIG OR arg_KCONFIG)
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
    file(CONFIGURE OUTPUT ${configuration} @ONLY CONTENT "#include <sdkconfig.h>
#include \"apps/esp/configuration.hpp\"
#include \"apps/tls_names.hpp\"
#ifndef CONFIG_FREERTOS_HZ
#define CONFIG_FREERTOS_HZ 100
#endif
namespace linnet::apps {
const EspConfiguration esp_configuration{.max_sockets = ${arg_MAX_SOCKETS}, .reuse_address = ${reuse},
                                         .tick_rate = CONFIG_FREERTOS_HZ, .prepare = ${prepare}};
}
")
  endif()

  if(arg_MAIN)
    linnet_esp_main(${arg_NAME} ${arg_MAIN})
    target_sources(${arg_NAME}_main PRIVATE ${arg_SOURCES})
  else()
    add_library(${arg_NAME}_main OBJECT ${arg_SOURCES})
  endif()
  foreach(file IN LISTS arg_EMBED_TXTFILES)
    linnet_esp_embed(${arg_NAME}_main ${file} TRUE)
  endforeach()

  # The component sees lwIP's, ESP-IDF's and POSIX' headers of compat/ before the host's; the program around it does not.
  if(arg_OPENSSL) # before the host's headers of the same names
    target_include_directories(${arg_NAME}_main PRIVATE ${linnet_SOURCE_DIR}/compat/openssl/include)
  endif()
  target_include_directories(${arg_NAME}_main PRIVATE ${folder} ${linnet_SOURCE_DIR}/compat/esp_idf/include
                             ${linnet_SOURCE_DIR}/compat/posix/include ${linnet_SOURCE_DIR}/compat/lwip/include)
  target_compile_definitions(${arg_NAME}_main PRIVATE LINNET_ESP_ERA=${arg_ERA} ESP_PLATFORM=1 _GNU_SOURCE)
  set_target_properties(${arg_NAME}_main PROPERTIES C_EXTENSIONS ON CXX_EXTENSIONS ON)
  # Programs for 32 bits put small numbers into pointers.
  target_compile_options(${arg_NAME}_main PRIVATE -Wall -U_FORTIFY_SOURCE $<$<COMPILE_LANGUAGE:C>:-Wno-pointer-to-int-cast>
                         $<$<COMPILE_LANGUAGE:C>:-Wno-int-to-pointer-cast>)
  add_executable(${arg_NAME} $<TARGET_OBJECTS:${arg_NAME}_main> ${configuration})
  target_include_directories(${arg_NAME} BEFORE PRIVATE ${folder}) # its linnet_settings.hpp, not the build's
  target_link_libraries(${arg_NAME} PRIVATE apps_esp) # whose main calls app_main
  if(arg_OPENSSL)
    target_link_libraries(${arg_NAME} PRIVATE compat_openssl)
  endif()
  if(arg_TLS)
    target_include_directories(${arg_NAME}_main PRIVATE ${linnet_SOURCE_DIR}/compat/esp_tls/include
                               $<TARGET_PROPERTY:mbedtls_archives,INTERFACE_INCLUDE_DIRECTORIES>)
    target_link_libraries(${arg_NAME} PRIVATE compat_esp_tls)
  endif()
  set_target_properties(${arg_NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${linnet_BINARY_DIR}/esp_apps)
endfunction()
