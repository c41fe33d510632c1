# What programs call, the command-line program among them: settings and inputs as people name them, and library.h, the
# header that is installed.
tristab_layer(library
  SOURCES
    choice.cc
    declared_setting.cc
    library.cc
    library_check.cc
    library_inputs.cc
    library_sweep.cc
    opened_input.cc
  USES tristab_report)

# libtristab.so for C++ programs and for the Python module: library.h and what it includes, and nothing else.
add_library(tristab_shared SHARED $<TARGET_OBJECTS:tristab_library>)
target_link_libraries(tristab_shared PRIVATE tristab_report)
target_include_directories(tristab_shared INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}>
                                                    $<INSTALL_INTERFACE:include>)
target_compile_features(tristab_shared INTERFACE cxx_std_20)
set_target_properties(tristab_shared PROPERTIES OUTPUT_NAME tristab EXPORT_NAME tristab VERSION ${PROJECT_VERSION}
                                                SOVERSION ${PROJECT_VERSION_MAJOR})
add_library(tristab::tristab ALIAS tristab_shared)

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
foreach(header library/library.h base/dtype.h base/error_kinds.h)
  cmake_path(GET header PARENT_PATH folder)
  install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/tristab/${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/tristab/${folder}
          COMPONENT library)
endforeach()
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/tristab)
install(TARGETS tristab_shared EXPORT tristab LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(EXPORT tristab NAMESPACE tristab:: FILE tristab-config.cmake DESTINATION ${package} COMPONENT library)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/tristab-config-version.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/tristab-config-version.cmake DESTINATION ${package} COMPONENT library)
