# SPDX-License-Identifier: Apache-2.0
# Kconfig's settings as headers. LINNET_PROFILE names a file of settings/profiles; LINNET_SDKCONFIG a file of one's own, as
# `linnet menuconfig` writes it, whose lines win.
set(LINNET_PROFILE "esp32-today" CACHE STRING "Settings: esp32-seed, esp32-today or linux")
set_property(CACHE LINNET_PROFILE PROPERTY STRINGS esp32-seed esp32-today linux)
set(LINNET_SDKCONFIG "" CACHE FILEPATH "A .config of one's own over the profile's")

# linnet_generate_settings(FOLDER arguments...): writes sdkconfig.h and linnet_settings.hpp there, and again when their sources change.
function(linnet_generate_settings folder)
  execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/settings generate --output ${folder} ${ARGN}
                  RESULT_VARIABLE failed ERROR_VARIABLE said)
  if(failed)
    message(FATAL_ERROR "${said}")
  endif()
endfunction()

set(chosen --profile ${LINNET_PROFILE})
if(LINNET_SDKCONFIG)
  list(APPEND chosen --config ${LINNET_SDKCONFIG})
endif()
set(linnet_settings_folder ${PROJECT_BINARY_DIR}/settings)
linnet_generate_settings(${linnet_settings_folder} ${chosen})
file(GLOB inputs CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/settings/profiles/*.defaults)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
             ${PROJECT_SOURCE_DIR}/Kconfig ${PROJECT_SOURCE_DIR}/tools/settings ${inputs} ${LINNET_SDKCONFIG})
