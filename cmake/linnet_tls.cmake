# SPDX-License-Identifier: Apache-2.0
# tls/ on mbedTLS. Its archives, not its shared libraries: the functions of net_sockets.h are ours, and an archive's member
# that nobody misses stays out. (tests/tls_shared shows that ours win over the shared library, too, where they are linked before it.)
enable_language(C) # for the programs of linnet_tls_programs
set(LINNET_MBEDTLS "" CACHE PATH "Another mbedTLS than the system's: include/ and lib/*.a in this folder (tools/mbedtls builds one)")
if(LINNET_MBEDTLS)
  set(mbedtls_where PATHS ${LINNET_MBEDTLS} NO_DEFAULT_PATH)
endif()
find_path(mbedtls_include NAMES mbedtls/ssl.h PATH_SUFFIXES include ${mbedtls_where})
add_library(mbedtls_archives INTERFACE)
foreach(library IN ITEMS mbedtls mbedx509 mbedcrypto)
  find_library(${library}_archive NAMES lib${library}.a PATH_SUFFIXES lib ${mbedtls_where})
  find_library(${library}_shared NAMES ${library} PATH_SUFFIXES lib ${mbedtls_where})
  if(NOT mbedtls_include OR NOT ${library}_archive)
    message(FATAL_ERROR "libmbedtls-dev is missing: run tools/install-deps run")
  endif()
  mark_as_advanced(${library}_archive ${library}_shared)
  # Copies that ask tls/memory.cpp for memory and tls/clock.cpp for the time, which have no other way in: Debian's are built
  # without MBEDTLS_PLATFORM_MEMORY and MBEDTLS_PLATFORM_TIME_ALT.
  set(copy ${PROJECT_BINARY_DIR}/mbedtls/lib${library}.a)
  if(NOT EXISTS ${copy} OR ${${library}_archive} IS_NEWER_THAN ${copy} OR ${CMAKE_CURRENT_LIST_FILE} IS_NEWER_THAN ${copy})
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/mbedtls)
    execute_process(COMMAND ${CMAKE_OBJCOPY} --redefine-sym calloc=linnet_mbedtls_calloc --redefine-sym free=linnet_mbedtls_free
      --redefine-sym time=linnet_mbedtls_time ${${library}_archive} ${copy} COMMAND_ERROR_IS_FATAL ANY)
  endif()
  target_link_libraries(mbedtls_archives INTERFACE ${copy})
endforeach()
mark_as_advanced(mbedtls_include)
add_library(mbedtls_memory STATIC tls/memory.cpp tls/clock.cpp tls/psa_random.cpp) # what mbedTLS asks of the machine
target_include_directories(mbedtls_memory SYSTEM PRIVATE ${mbedtls_include})
target_link_libraries(mbedtls_memory PUBLIC core_base PRIVATE linnet_core_flags)
target_include_directories(mbedtls_archives SYSTEM INTERFACE ${mbedtls_include})
target_link_libraries(mbedtls_archives INTERFACE mbedtls_memory)

linnet_module(tls FOLDER tls FREESTANDING DEPENDS core sockets LIBRARIES mbedtls_archives WITHOUT tls/memory.cpp tls/clock.cpp tls/psa_random.cpp)

linnet_module(tls_coro FOLDER tls/coro FREESTANDING DEPENDS tls sockets_coro)

# The OpenSSL mapping. Its headers have the names of the real ones: only who links it sees them, before any others.
linnet_module(compat_openssl FOLDER compat/openssl FREESTANDING DEPENDS tls)
target_include_directories(compat_openssl BEFORE PUBLIC compat/openssl/include)
if(TARGET compat_openssl_test) # transport_test.cpp answers for the transport
  target_link_options(compat_openssl_test PRIVATE -Wl,--wrap=mbedtls_net_send,--wrap=mbedtls_net_recv)
endif()
linnet_module(compat_esp_tls FOLDER compat/esp_tls FREESTANDING DEPENDS tls)
target_include_directories(compat_esp_tls BEFORE PUBLIC compat/esp_tls/include)

# linnet_tls_programs(): what tests/interop/tls_*.py run, among it the seed's program as it was printed.
function(linnet_tls_programs)
  add_executable(tls_peer tests/tls_peer/main.cpp)
  target_link_libraries(tls_peer PRIVATE apps_command_line linnet_host_flags)
  add_executable(callhttps apps/seed/callhttps/main.cpp apps/seed/callhttps/callhttps.c)
  target_include_directories(callhttps PRIVATE apps/seed/callhttps)
  set_source_files_properties(apps/seed/callhttps/callhttps.c PROPERTIES COMPILE_OPTIONS "-std=c11;-Wno-cpp")
  target_link_libraries(callhttps PRIVATE apps_command_line linnet_host_flags)
  # programs.c is written for OpenSSL: here with our headers, and below, where they are, with the real ones.
  add_executable(openssl_peer tests/openssl_peer/main.cpp tests/openssl_peer/programs.c)
  set_source_files_properties(tests/openssl_peer/programs.c PROPERTIES COMPILE_OPTIONS "-std=c11")
  target_link_libraries(openssl_peer PRIVATE compat_openssl apps_command_line linnet_host_flags)
  set_target_properties(tls_peer callhttps openssl_peer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  find_package(OpenSSL QUIET)
  if(OPENSSL_FOUND)
    add_executable(openssl_kernel tests/openssl_peer/kernel.c tests/openssl_peer/programs.c)
    target_include_directories(openssl_kernel PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_definitions(openssl_kernel PRIVATE WITH_OPENSSLS_OWN_HEADERS)
    target_compile_options(openssl_kernel PRIVATE -Wall -Wextra -Werror)
    target_link_libraries(openssl_kernel PRIVATE OpenSSL::SSL OpenSSL::Crypto)
    set_target_properties(openssl_kernel PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  endif()
  if(mbedtls_shared MATCHES "\\.so$")
    add_executable(tls_shared tests/tls_shared/main.cpp)
    target_link_libraries(tls_shared PRIVATE $<TARGET_FILE:tls> mbedtls_memory sockets ${mbedtls_shared} ${mbedx509_shared}
      ${mbedcrypto_shared} ${CMAKE_DL_LIBS} linnet_host_flags)
    add_dependencies(tls_shared tls)
    # mbedTLS without anything of ours, as a peer.
    add_executable(mbedtls_peer tests/mbedtls_peer/main.c)
    target_include_directories(mbedtls_peer SYSTEM PRIVATE ${mbedtls_include})
    target_compile_options(mbedtls_peer PRIVATE -std=c11 -Wall -Wextra -Werror)
    target_link_libraries(mbedtls_peer PRIVATE ${mbedtls_shared} ${mbedx509_shared} ${mbedcrypto_shared})
    set_target_properties(tls_shared mbedtls_peer PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  endif()
endfunction()
