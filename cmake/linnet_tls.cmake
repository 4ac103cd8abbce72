# SPDX-License-Identifier: Apache-2.0
# tls/ on mbedTLS. Its archives, not its shared libraries: the functions of net_sockets.h are ours, and an archive's member
# that nobody misses stays out. (tls/net_sockets_test.cpp shows that ours win over the shared library, too.)
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
