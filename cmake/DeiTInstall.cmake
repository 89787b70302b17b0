# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
# What find_package(DeiT) finds after `cmake --install`: see DeiTConfig.cmake.in.
include(CMakePackageConfigHelpers)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/DeiT)
get_property(libraries GLOBAL PROPERTY DEIT_LIBRARIES)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/DeiTConfig.cmake.in
  ${CMAKE_BINARY_DIR}/cmake/DeiTConfig.cmake INSTALL_DESTINATION ${package}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
# Before 1.0 a minor version may break compatibility.
write_basic_package_version_file(
  ${CMAKE_BINARY_DIR}/cmake/DeiTConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_BINARY_DIR}/cmake/DeiTConfig.cmake
  ${CMAKE_BINARY_DIR}/cmake/DeiTConfigVersion.cmake
  DESTINATION ${package})
install(EXPORT DeiTTargets NAMESPACE DeiT:: DESTINATION ${package})
install(EXPORT DeiTTools NAMESPACE DeiT:: DESTINATION ${package})

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/deit
    ${CMAKE_BINARY_DIR}/include/deit
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.h PATTERN *.td PATTERN *.h.inc)
install(FILES ${CMAKE_SOURCE_DIR}/importer/Import.h
    ${CMAKE_SOURCE_DIR}/importer/ImportOptions.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/importer)
