# SPDX-License-Identifier: Apache-2.0
# Programs that know lwIP or ESP-IDF, run against the stack.
file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/compat/*.cpp)
foreach(era IN ITEMS 2 5)
  linnet_test(tests_compat_era_${era} SOURCES ${sources} $<TARGET_OBJECTS:seed_era_${era}>
              LINK compat_esp_idf platform_linux)
endforeach()

# Calls that need a peer on the link.
linnet_scenarios(tests_esp_idf FOLDER tests/esp_idf LINK compat_esp_idf platform_linux sim)
if(TARGET tests_esp_idf)
  target_sources(tests_esp_idf PRIVATE $<TARGET_OBJECTS:seed_era_2>)
endif()
linnet_scenarios(tests_esp_own_clock FOLDER tests/esp_own_clock LINK compat_esp_idf sim)

# A device in an array of the size that its settings need.
linnet_scenarios(tests_device FOLDER tests/device LINK settings sim)
if(TARGET tests_device)
  target_sources(tests_device PRIVATE ${PROJECT_SOURCE_DIR}/tests/test_allocations.cpp)
endif()

# tests/interop/esp_*.py run these; the user-mode network's 10.0.2.2 is the machine that they run on.
set(esp_apps ${PROJECT_SOURCE_DIR}/tests/esp_apps)
set(to_host "CONFIG_EXAMPLE_IPV4_ADDR=\"10.0.2.2\"" CONFIG_EXAMPLE_PORT=3333)
linnet_add_esp_app(NAME esp_tcp_server SOURCES ${esp_apps}/tcp_server.c SETTINGS CONFIG_EXAMPLE_PORT=3333)
linnet_add_esp_app(NAME esp_tcp_server_v6 SOURCES ${esp_apps}/tcp_server.c
                   SETTINGS CONFIG_EXAMPLE_PORT=3333 CONFIG_EXAMPLE_IPV6=1)
linnet_add_esp_app(NAME esp_tcp_client SOURCES ${esp_apps}/tcp_client.c SETTINGS ${to_host})
linnet_add_esp_app(NAME esp_udp_server SOURCES ${esp_apps}/udp_server.cpp SETTINGS CONFIG_EXAMPLE_PORT=3333)
linnet_add_esp_app(NAME esp_udp_client SOURCES ${esp_apps}/udp_client.c SETTINGS ${to_host})
linnet_add_esp_app(NAME esp_non_blocking SOURCES ${esp_apps}/non_blocking.cpp SETTINGS CONFIG_EXAMPLE_PORT=3333)
linnet_add_esp_app(NAME esp_http_request SOURCES ${esp_apps}/http_request.c EMBED_TXTFILES ${esp_apps}/request.txt
                   SETTINGS "CONFIG_EXAMPLE_WEB_SERVER=\"10.0.2.2\"" "CONFIG_EXAMPLE_WEB_PORT=\"8000\"")
linnet_add_esp_app(NAME esp_icmp_echo SOURCES ${esp_apps}/icmp_echo.c SETTINGS "CONFIG_EXAMPLE_TARGET=\"10.0.2.2\"")
linnet_add_esp_app(NAME esp_era2_client ERA 2 SOURCES ${esp_apps}/era2_client.c SETTINGS ${to_host})
linnet_add_esp_app(NAME esp_non_blocking_connect SOURCES ${esp_apps}/non_blocking_connect.c
                   SETTINGS ${to_host} "CONFIG_EXAMPLE_PORT_TEXT=\"3333\"")
linnet_add_esp_app(NAME esp_udp_era2 ERA 2 SOURCES ${esp_apps}/udp_era2.c SETTINGS ${to_host} CONFIG_EXAMPLE_CLIENT_PORT=3334)
linnet_add_esp_app(NAME esp_http_request_era2 ERA 2 SOURCES ${esp_apps}/http_request_era2.c
                   SETTINGS "CONFIG_EXAMPLE_WEB_SERVER=\"10.0.2.2\"" "CONFIG_EXAMPLE_WEB_PORT=\"8000\""
                            "CONFIG_EXAMPLE_PATH=\"/page.txt\"")
linnet_add_esp_app(NAME esp_multicast_era2 ERA 2 SOURCES ${esp_apps}/multicast_era2.c SETTINGS CONFIG_EXAMPLE_PORT=3333)
linnet_add_esp_app(NAME esp_mdns SOURCES ${esp_apps}/mdns.c
                   SETTINGS "CONFIG_MDNS_HOSTNAME=\"esp32-mdns\"" "CONFIG_MDNS_INSTANCE=\"ESP32 with mDNS\"")
linnet_add_esp_app(NAME esp_mdns_era2 ERA 2 SOURCES ${esp_apps}/mdns_era2.c)
# An authority for the programs that speak TLS, made once: tests/interop/tls_esp.py has its servers' certificates signed by it.
find_program(openssl_command openssl)
mark_as_advanced(openssl_command)
set(authority ${PROJECT_BINARY_DIR}/esp_apps/authority)
if(openssl_command AND NOT EXISTS ${authority}/server_root_cert.pem)
  file(MAKE_DIRECTORY ${authority})
  execute_process(COMMAND ${openssl_command} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650
    -subj "/CN=an authority" -addext basicConstraints=critical,CA:TRUE -keyout ${authority}/server_root_cert.key
    -out ${authority}/server_root_cert.pem ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
endif()
if(openssl_command)
  foreach(name IN ITEMS https_request https_mbedtls)
    linnet_add_esp_app(NAME esp_${name} TLS SOURCES ${esp_apps}/${name}.c EMBED_TXTFILES ${authority}/server_root_cert.pem
                       SETTINGS "CONFIG_EXAMPLE_WEB_SERVER=\"device.example\"" "CONFIG_EXAMPLE_WEB_PORT=\"443\"")
  endforeach()
endif()
if(openssl_command)
  linnet_add_esp_app(NAME esp_tls_era2 ERA 2 OPENSSL MAIN ${esp_apps}/tls_era2/main
                     EMBED_TXTFILES ${authority}/server_root_cert.pem ${authority}/server_root_cert.key)
endif()
foreach(app IN ITEMS "sntp 5" "sntp_v4 4" "sntp_era2 2")
  separate_arguments(app)
  list(GET app 0 name)
  list(GET app 1 era)
  linnet_add_esp_app(NAME esp_${name} ERA ${era} SOURCES ${esp_apps}/${name}.c
                     SETTINGS "CONFIG_SNTP_TIME_SERVER=\"10.66.1.1\"" CONFIG_LWIP_SNTP_MAX_SERVERS=3)
endforeach()
# As ESP-IDF's own build finds them.
linnet_add_esp_app(NAME esp_console MAIN ${esp_apps}/console/main)
linnet_add_esp_app(NAME esp_as_set MAIN ${esp_apps}/as_set/main)
linnet_add_esp_app(NAME esp_seed_profile PROFILE esp32-seed MAIN ${esp_apps}/seed_profile/main)
linnet_add_esp_app(NAME esp_udp_to ERA 3 MAIN ${esp_apps}/udp_to/main)
set(netconn_echo ${esp_apps}/netconn_echo)
linnet_add_esp_app(NAME esp_netconn_echo SOURCES ${netconn_echo}/netconn_echo.c KCONFIG ${netconn_echo}/Kconfig.projbuild
                   SDKCONFIG ${netconn_echo}/sdkconfig.defaults)

set(static_ip "CONFIG_EXAMPLE_STATIC_IP_ADDR=\"10.99.0.77\"" "CONFIG_EXAMPLE_STATIC_NETMASK_ADDR=\"255.255.255.0\""
              "CONFIG_EXAMPLE_STATIC_GW_ADDR=\"10.99.0.1\"")
linnet_add_esp_app(NAME esp_static_ip SOURCES ${esp_apps}/static_ip.c SETTINGS ${static_ip})
linnet_add_esp_app(NAME esp_static_ip_eth SOURCES ${esp_apps}/static_ip.c SETTINGS ${static_ip} CONFIG_EXAMPLE_ETHERNET=1)
linnet_add_esp_app(NAME esp_adapter_era2 ERA 2 SOURCES ${esp_apps}/adapter_era2.c)
linnet_add_esp_app(NAME esp_softap SOURCES ${esp_apps}/softap.c)
linnet_add_esp_app(NAME esp_softap_station SOURCES ${esp_apps}/softap.c SDKCONFIG ${esp_apps}/softap.defaults)
linnet_add_esp_app(NAME esp_nvs_console SOURCES ${esp_apps}/nvs_console.c)
linnet_add_esp_app(NAME esp_nvs_console_v4 ERA 4 SOURCES ${esp_apps}/nvs_console.c)
foreach(kind IN ITEMS IPV4_ONLY IPV6_ONLY IPV4_V6)
  string(TOLOWER ${kind} name)
  linnet_add_esp_app(NAME esp_udp_multicast_${name} SOURCES ${esp_apps}/udp_multicast.c
                     SETTINGS CONFIG_EXAMPLE_PORT=3333 CONFIG_EXAMPLE_MULTICAST_TTL=7 CONFIG_EXAMPLE_${kind}=1)
endforeach()
