# SPDX-License-Identifier: Apache-2.0
# A folder becomes a library and, when it has tests, one test executable.

set(linnet_has_gtest FALSE)
if(LINNET_TESTS)
  enable_testing()
  find_package(GTest CONFIG QUIET)
  if(GTest_FOUND AND TARGET GTest::gmock)
    set(linnet_has_gtest TRUE)
  else()
    message(STATUS "GoogleTest is missing, no tests are built: run tools/install-deps test")
  endif()
endif()

# linnet_test(NAME [UNIT] SOURCES... LINK libraries...): one executable. Suites or cases with "Heavy" in their
# name are for optimised builds: a sanitized build leaves them out. Unit tests are built with the sanitizers; an
# optimised build has them when they are asked for by name.
function(linnet_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "UNIT" "" "SOURCES;LINK")
  add_executable(${name} ${arg_SOURCES})
  if(arg_UNIT AND NOT LINNET_SANITIZE)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL TRUE)
  endif()
  target_link_libraries(${name} PRIVATE ${arg_LINK} linnet_host_flags GTest::gmock GTest::gtest_main)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC 12 at -O2 sees writes past the end where std::vector grows (PR 105329 and its kin). Libraries keep the
    # warnings, and the sanitizers watch the tests.
    target_compile_options(${name} PRIVATE
      $<$<CONFIG:Release>:-Wno-array-bounds> $<$<CONFIG:Release>:-Wno-stringop-overflow>
      $<$<CONFIG:Release>:-Wno-stringop-overread> $<$<CONFIG:Release>:-Wno-restrict>)
  endif()
  set(filter "")
  if(LINNET_SANITIZE)
    set(filter --gtest_filter=-*Heavy*)
    # What is tested is optimised; the tests themselves compile four times as fast without.
    target_compile_options(${name} PRIVATE -O0)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${filter} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 900)
endfunction()

# linnet_module(NAME FOLDER folder [FREESTANDING] [DEPENDS modules...] [LIBRARIES others...]
#               [WITHOUT files...])
function(linnet_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "FREESTANDING" "FOLDER" "DEPENDS;LIBRARIES;WITHOUT")
  set(root ${PROJECT_SOURCE_DIR})
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${root} ${root}/${arg_FOLDER}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "(_test|/test_[^/]*)\\.cpp$")
  list(REMOVE_ITEM sources ${tests} ${arg_WITHOUT})
  linnet_plant(sources)

  if(arg_FREESTANDING)
    set(flags linnet_core_flags)
  else()
    set(flags linnet_host_flags)
  endif()
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES} PRIVATE ${flags})
    target_include_directories(${name} PUBLIC ${root})
  else()
    add_library(${name} INTERFACE) # headers only, or nothing there yet
    target_link_libraries(${name} INTERFACE ${arg_DEPENDS} ${arg_LIBRARIES})
    target_include_directories(${name} INTERFACE ${root})
  endif()
  if(tests AND LINNET_TESTS AND linnet_has_gtest)
    linnet_test(${name}_test UNIT SOURCES ${tests} LINK ${name})
  endif()
endfunction()

# linnet_scenarios(NAME FOLDER folder [LINK modules...]): the tests that need more than one module, linked to
# everything unless it says to what.
function(linnet_scenarios name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER" "LINK")
  if(NOT arg_LINK)
    set(arg_LINK apps)
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${arg_FOLDER}/*.cpp)
  if(sources)
    linnet_test(${name} SOURCES ${sources} LINK ${arg_LINK})
  endif()
endfunction()

# linnet_headers(NAME FOLDERS folders... LINK modules...): each header compiled alone, with nothing included
# before it, so that a header that only its users' includes hold up is found, and one without a .cpp too.
function(linnet_headers name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FOLDERS;LINK")
  set(sources "")
  foreach(folder IN LISTS arg_FOLDERS)
    file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}
         ${PROJECT_SOURCE_DIR}/${folder}/*.hpp)
    list(FILTER headers EXCLUDE REGEX "/test_[^/]*$")
    foreach(header IN LISTS headers)
      set(source ${PROJECT_BINARY_DIR}/headers/${header}.cpp)
      file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${header}\"\n#include \"${header}\"\n")
      list(APPEND sources ${source})
    endforeach()
  endforeach()
  if(sources)
    add_library(${name} OBJECT ${sources})
    target_link_libraries(${name} PRIVATE ${arg_LINK} linnet_core_flags)
  endif()
endfunction()
