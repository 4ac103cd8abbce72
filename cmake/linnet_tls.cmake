# SPDX-License-Identifier: Apache-2.0
# tls/ on mbedTLS. Its archives, not its shared libraries: the functions of net_sockets.h are ours, and an archive's member
# that nobody misses stays out. (tests/tls_shared shows that ours win over the shared library, too, where they are linked before it.)
enable_language(C) # for the programs of linnet_tls_programs
find_path(mbedtls_include mbedtls/ssl.h)
foreach(library IN ITEMS mbedtls mbedx509 mbedcrypto)
  find_library(${library}_archive NAMES lib${library}.a)
  find_library(${library}_shared NAMES ${library})
  if(NOT mbedtls_include OR NOT ${library}_archive)
    message(FATAL_ERROR "libmbedtls-dev is missing: run tools/install-deps run")
  endif()
  mark_as_advanced(${library}_archive ${library}_shared)
endforeach()
mark_as_advanced(mbedtls_include)

add_library(mbedtls_archives INTERFACE)
target_include_directories(mbedtls_archives SYSTEM INTERFACE ${mbedtls_include})
target_link_libraries(mbedtls_archives INTERFACE ${mbedtls_archive} ${mbedx509_archive} ${mbedcrypto_archive})

linnet_module(tls FOLDER tls FREESTANDING DEPENDS core sockets LIBRARIES mbedtls_archives)

# The OpenSSL mapping. Its headers have the names of the real ones: only who links it sees them, before any others.
linnet_module(compat_openssl FOLDER compat/openssl FREESTANDING DEPENDS tls)
target_include_directories(compat_openssl BEFORE PUBLIC compat/openssl/include)
linnet_module(compat_esp_tls FOLDER compat/esp_tls FREESTANDING DEPENDS tls)
target_include_directories(compat_esp_tls BEFORE PUBLIC compat/esp_tls/include)

# linnet_tls_programs(): what tests/interop/tls_*.py run, among it the seed's program as it was printed.
function(linnet_tls_programs)
  add_executable(tls_peer tests/tls_peer/main.cpp)
  target_link_libraries(tls_peer PRIVATE apps_command_line linnet_host_flags)
  target_link_options(tls_peer PRIVATE -Wl,--wrap=calloc -Wl,--wrap=free) # it counts mbedTLS's memory
  add_executable(callhttps apps/seed/callhttps/main.cpp apps/seed/callhttps/callhttps.c)
  target_include_directories(callhttps PRIVATE apps/seed/callhttps)
  set_source_files_properties(apps/seed/callhttps/callhttps.c PROPERTIES COMPILE_OPTIONS "-std=c11;-Wno-cpp")
  target_link_libraries(callhttps PRIVATE apps_command_line linnet_host_flags)
  add_executable(openssl_peer tests/openssl_peer/main.cpp)
  target_link_libraries(openssl_peer PRIVATE compat_openssl apps_command_line linnet_host_flags)
  set_target_properties(tls_peer callhttps openssl_peer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(mbedtls_shared MATCHES "\\.so$")
    add_executable(tls_shared tests/tls_shared/main.cpp)
    target_link_libraries(tls_shared PRIVATE $<TARGET_FILE:tls> sockets ${mbedtls_shared} ${mbedx509_shared}
      ${mbedcrypto_shared} ${CMAKE_DL_LIBS} linnet_host_flags)
    add_dependencies(tls_shared tls)
    set_target_properties(tls_shared PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  endif()
endfunction()
