# SPDX-License-Identifier: Apache-2.0
# bench/*.cpp is one executable. Files named lwip*.cpp measure lwIP beside us: they alone see its headers
# and are left out where liblwip-dev is not installed (LINNET_BENCH_LWIP tells the others).

file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/bench/*.cpp)
set(tests ${sources})
list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
list(REMOVE_ITEM sources ${tests} "")
set(lwip_sources ${sources})
list(FILTER lwip_sources INCLUDE REGEX "/lwip[^/]*\\.cpp$")
list(REMOVE_ITEM sources ${lwip_sources} "")

if(sources)
  # The pattern alone of apps: nothing else of it is measured, or needs to be built.
  add_executable(bench ${sources} apps/pattern.cpp)
  target_link_libraries(bench PRIVATE core sockets platform_linux sim CLI11::CLI11 fmt::fmt linnet_host_flags)
  set_target_properties(bench PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bench)
  pkg_check_modules(lwip QUIET lwip)
  if(lwip_FOUND AND lwip_sources)
    add_library(bench_lwip OBJECT ${lwip_sources})
    target_include_directories(bench_lwip SYSTEM PRIVATE ${lwip_INCLUDE_DIRS})
    target_link_libraries(bench_lwip PRIVATE linnet_host_flags)
    target_link_libraries(bench PRIVATE bench_lwip ${lwip_LIBRARIES})
    target_compile_definitions(bench PRIVATE LINNET_BENCH_LWIP)
  elseif(lwip_sources)
    message(STATUS "liblwip-dev is missing, bench has no lwIP rows: run tools/install-deps bench")
  endif()
endif()
