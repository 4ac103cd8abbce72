# SPDX-License-Identifier: Apache-2.0
# bench/*.cpp is one executable, bench/goodput/*.cpp another. Files named lwip*.cpp measure lwIP beside us: they alone
# see its headers and are left out where liblwip-dev is not installed (LINNET_BENCH_LWIP tells the others).
pkg_check_modules(lwip QUIET lwip)
if(NOT lwip_FOUND)
  message(STATUS "liblwip-dev is missing, bench has no lwIP rows: run tools/install-deps bench")
endif()

# linnet_bench(NAME FOLDER folder [SOURCES more...])
function(linnet_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER" "SOURCES")
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/${arg_FOLDER}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(REMOVE_ITEM sources ${tests} "")
  set(lwip_sources ${sources})
  list(FILTER lwip_sources INCLUDE REGEX "/lwip[^/]*\\.cpp$")
  list(REMOVE_ITEM sources ${lwip_sources} "")
  if(NOT sources)
    return()
  endif()
  add_executable(${name} ${sources} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE core sockets platform_linux sim CLI11::CLI11 fmt::fmt linnet_host_flags)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  if(lwip_FOUND AND lwip_sources)
    add_library(${name}_lwip OBJECT ${lwip_sources})
    target_include_directories(${name}_lwip SYSTEM PRIVATE ${lwip_INCLUDE_DIRS})
    target_link_libraries(${name}_lwip PRIVATE core platform_linux linnet_host_flags)
    target_link_libraries(${name} PRIVATE ${name}_lwip ${lwip_LIBRARIES})
    target_compile_definitions(${name} PRIVATE LINNET_BENCH_LWIP)
  endif()
endfunction()

# The pattern alone of apps: nothing else of it is measured, or needs to be built.
linnet_bench(bench FOLDER bench SOURCES apps/pattern.cpp)
# The transfers in virtual time are those of the tests.
linnet_bench(goodput FOLDER bench/goodput SOURCES tests/test_goodput.cpp)
