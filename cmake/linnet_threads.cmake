# SPDX-License-Identifier: Apache-2.0
# The thread tests of the sockets once more, with all that they use built for ThreadSanitizer. It cannot be
# combined with the other sanitizers, so the unsanitized build carries it.
function(linnet_thread_sanitizer_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "FOLDERS;SOURCES")
  set(sources ${arg_SOURCES})
  foreach(folder IN LISTS arg_FOLDERS)
    file(GLOB found CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
    list(FILTER found EXCLUDE REGEX "(_test|/test_[^/]*)\\.cpp$")
    list(APPEND sources ${found})
  endforeach()
  linnet_plant(sources)
  linnet_test(${name} SOURCES ${sources} LINK Threads::Threads)
  target_compile_options(${name} PRIVATE -O1 -g -fsanitize=thread)
  target_link_options(${name} PRIVATE -fsanitize=thread)
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "TSAN_OPTIONS=halt_on_error=1")
endfunction()

# mdns.h's calls from several threads. What has no lock of its own is built for ThreadSanitizer; the stack below, under the
# host's lock, is not.
function(linnet_mdns_thread_test name)
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/compat/esp_idf/mdns_*.cpp
       ${PROJECT_SOURCE_DIR}/services/mdns/*.cpp)
  list(FILTER sources EXCLUDE REGEX "(_test|/test_[^/]*)\\.cpp$")
  linnet_test(${name} SOURCES tests/esp_idf/mdns_threads_test.cpp sim/wire.cpp ${sources} LINK compat_esp_idf platform_linux)
  target_compile_options(${name} PRIVATE -O1 -g -fsanitize=thread)
  target_link_options(${name} PRIVATE -fsanitize=thread)
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "TSAN_OPTIONS=halt_on_error=1")
endfunction()
