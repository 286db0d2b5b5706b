# What is installed: the libraries, their public headers, the command, and the CMake package `millrace`.
option(MILLRACE_INSTALL "Make install rules for Millrace" ${PROJECT_IS_TOP_LEVEL})
if(NOT MILLRACE_INSTALL)
  return()
endif()
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(libraries millrace_data millrace_access millrace_load millrace_core millrace_testing)
if(TARGET millrace_async)
  list(APPEND libraries millrace_async)
endif()
set(header_directories ${PROJECT_SOURCE_DIR}/core/include/)
if(MILLRACE_BACKENDS)
  list(APPEND libraries millrace_products millrace_backends_common millrace_backend_postgresql millrace_backend_sqlite3 millrace_backend_odbc millrace_backends)
  if(TARGET millrace_backend_db2)
    set(MILLRACE_WITH_DB2 ON)   # for millrace-config.cmake.in
    list(APPEND libraries millrace_drda millrace_db2_cli millrace_soci_db2 millrace_backend_db2)
  endif()
  list(APPEND header_directories ${PROJECT_SOURCE_DIR}/backends/include/)
  if(MILLRACE_BUILD_CLI)
    install(TARGETS millrace_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  endif()
endif()

install(TARGETS ${libraries} EXPORT millrace_targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${header_directories} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/millrace)
install(EXPORT millrace_targets FILE millrace-targets.cmake NAMESPACE millrace:: DESTINATION ${package_directory})
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/millrace-config.cmake.in ${PROJECT_BINARY_DIR}/millrace-config.cmake
  INSTALL_DESTINATION ${package_directory})
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/millrace-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/millrace-config.cmake
  ${PROJECT_BINARY_DIR}/millrace-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindMillraceSOCI.cmake
  DESTINATION ${package_directory})
