# SPDX-License-Identifier: Apache-2.0
# Language, warnings, sanitizers, compiler cache. Two flag sets: linnet_core_flags for the freestanding
# folders, linnet_host_flags for everything that may use all of C++20.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
# Lines for the sanitizers' reports; variables for gdb (-g) cost a quarter of the compile time.
set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
set(CMAKE_CXX_FLAGS_MINSIZEREL "-Os -DNDEBUG")
# Some tests have threads, which count as well.
set(CMAKE_CXX_FLAGS_COVERAGE "-O0 --coverage -fprofile-update=atomic -DLINNET_FAILING_ALLOCATIONS")
set(CMAKE_CXX_FLAGS_WARNINGS "-O0 -DNDEBUG") # for a compiler whose output is not used

if(LINNET_CCACHE)
  find_program(linnet_ccache ccache)
  mark_as_advanced(linnet_ccache)
  if(linnet_ccache)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${linnet_ccache})
  endif()
endif()

if(LINNET_SANITIZE)
  # No vptr check: the core is built without RTTI, so there is no type information to check against.
  set(sanitizers -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all)
  add_compile_options(${sanitizers} -fno-omit-frame-pointer)
  add_link_options(${sanitizers})
  add_compile_definitions(LINNET_SANITIZED LINNET_FAILING_ALLOCATIONS)
endif()

if(LINNET_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

add_library(linnet_common_flags INTERFACE)
target_include_directories(linnet_common_flags INTERFACE ${PROJECT_SOURCE_DIR})
# Designated initialisers name what differs from the defaults: every member has one, so none is missing.
target_compile_options(linnet_common_flags INTERFACE
  -Wall -Wextra -Wshadow -Werror -Wno-missing-field-initializers)

add_library(linnet_host_flags INTERFACE)
target_link_libraries(linnet_host_flags INTERFACE linnet_common_flags)

add_library(linnet_core_flags INTERFACE)
target_link_libraries(linnet_core_flags INTERFACE linnet_common_flags)
target_compile_options(linnet_core_flags INTERFACE
  -Wconversion -fno-exceptions -fno-rtti -fno-threadsafe-statics)
if(CMAKE_CROSSCOMPILING)
  # GCC 12 at -Os takes the value of an empty std::optional for one that may be read (PR 80635). The host's
  # builds keep that warning.
  target_compile_options(linnet_core_flags INTERFACE -ffunction-sections -fdata-sections -Wno-maybe-uninitialized)
endif()
