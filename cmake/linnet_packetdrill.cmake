# SPDX-License-Identifier: Apache-2.0
# liblinnet_packetdrill.so: the stack as a library that the original packetdrill loads (--so_filename). Its sources are
# compiled anew: the other libraries' objects are not position independent, and nothing but the interface may be seen.
set(sources drill/network.cpp drill/settings.cpp drill/parser.cpp drill/epoll.cpp)
foreach(folder IN ITEMS core core/base core/device core/ethernet core/ip core/udp core/tcp services/dns sockets drill/plugin)
  file(GLOB found CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/${folder}/*.cpp)
  list(FILTER found EXCLUDE REGEX "(_test|/test_[^/]*)\\.cpp$")
  list(APPEND sources ${found})
endforeach()
list(APPEND sources drill/lexer.cpp drill/parser_call.cpp drill/parser_packet.cpp drill/packet_build.cpp
     drill/packet_decode.cpp drill/packet_text.cpp)
linnet_plant(sources)
add_library(linnet_packetdrill SHARED ${sources})
target_link_libraries(linnet_packetdrill PRIVATE linnet_host_flags Threads::Threads ${CMAKE_DL_LIBS})
set_target_properties(linnet_packetdrill PROPERTIES CXX_VISIBILITY_PRESET hidden
                      LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/drill)
target_link_options(linnet_packetdrill PRIVATE -Wl,--no-undefined)

if(LINNET_TESTS AND linnet_has_gtest)
  linnet_test(drill_plugin_test SOURCES drill/plugin/plugin_test.cpp LINK drill ${CMAKE_DL_LIBS})
  target_compile_definitions(drill_plugin_test PRIVATE LINNET_PLUGIN="$<TARGET_FILE:linnet_packetdrill>")
  add_dependencies(drill_plugin_test linnet_packetdrill)
endif()
