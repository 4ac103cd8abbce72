# SPDX-License-Identifier: Apache-2.0
# fuzz/<name>_fuzz.cpp is one libFuzzer executable each, fuzz/*.cpp beside them what they share. The sanitizers and the
# coverage are those of the whole build (cmake/linnet_flags.cmake); `fuzz_targets` builds them all and nothing else.

# The parsers alone of apps: the rest of it would be built for nothing. And the checksum kernels of other builds; of
# the platform what takes frames apart.
add_library(fuzz_support STATIC apps/http_body.cpp apps/http_head.cpp apps/http_request.cpp apps/http_response.cpp
            apps/text.cpp apps/url.cpp compat/openssl/client_hello.cpp
            core/base/test_checksum_avx2.cpp core/base/test_checksum_u32.cpp core/base/test_checksum_u64.cpp
            platform/linux/super_frame_cutter.cpp)
target_link_libraries(fuzz_support PUBLIC core ${services} sockets tls sim drill fmt::fmt PRIVATE linnet_host_flags)

# Every stack draws keys at its beginning, and nothing in an input changes how: a fifth of the time of a short input.
set_property(SOURCE core/base/random.cpp APPEND PROPERTY COMPILE_OPTIONS -O2 -fno-sanitize=all)

add_custom_target(fuzz_targets)
file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/fuzz/*_fuzz.cpp)
foreach(source IN LISTS sources)
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE fuzz_support linnet_host_flags)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/fuzz EXCLUDE_FROM_ALL ON)
  add_dependencies(fuzz_targets ${name})
endforeach()
