# SPDX-License-Identifier: Apache-2.0
# -DLINNET_MUTANT=NAME builds everything with the mistake NAME of tests/mutants in it, to see that the tests catch it.
# The mutated copy is written under the build folder; no source has a switch for it. tools/mutants does the same with
# less to compile.

set(LINNET_MUTANT "" CACHE STRING "A mistake of tests/mutants to build in (tools/mutants --list); empty: none")
set(linnet_mutant_file "")
set(linnet_mutant_folder ${PROJECT_BINARY_DIR}/mutant)

if(LINNET_MUTANT)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  execute_process(
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tools/mutants --write ${LINNET_MUTANT} --into ${linnet_mutant_folder}
    OUTPUT_VARIABLE linnet_mutant_file OUTPUT_STRIP_TRAILING_WHITESPACE
    ERROR_VARIABLE why RESULT_VARIABLE code)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "LINNET_MUTANT=${LINNET_MUTANT}: ${why}")
  endif()
  message(STATUS "Mutant ${LINNET_MUTANT}: ${linnet_mutant_file} has a mistake in it")
  file(GLOB tables CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/mutants/*.toml)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${tables} ${PROJECT_SOURCE_DIR}/tools/mutants ${PROJECT_SOURCE_DIR}/${linnet_mutant_file})
  # A header's copy is found before the right one; a source's takes its place in linnet_module.
  include_directories(BEFORE ${linnet_mutant_folder})
endif()

# linnet_plant(sources): in a list of sources, the mutated copy takes the place of the file that it stands for.
function(linnet_plant list)
  set(sources ${${list}})
  list(FIND sources "${linnet_mutant_file}" at)
  if(linnet_mutant_file AND NOT at EQUAL -1)
    list(REMOVE_AT sources ${at})
    list(APPEND sources ${linnet_mutant_folder}/${linnet_mutant_file})
    set(${list} ${sources} PARENT_SCOPE)
  endif()
endfunction()
