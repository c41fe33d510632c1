# The Debian package: cpack -G DEB in the build tree. It depends on the libraries that the program was linked with.
# The documents with the folders that their links name.
file(GLOB_RECURSE documents RELATIVE ${PROJECT_SOURCE_DIR} CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/README.md
     ${PROJECT_SOURCE_DIR}/apps/*.md ${PROJECT_SOURCE_DIR}/configs/*.md ${PROJECT_SOURCE_DIR}/results/*.md
     ${PROJECT_SOURCE_DIR}/results/*.svg ${PROJECT_SOURCE_DIR}/src/*.md)
foreach(document README.md ${documents})
  get_filename_component(folder ${document} DIRECTORY)
  install(FILES ${PROJECT_SOURCE_DIR}/${document} DESTINATION ${CMAKE_INSTALL_DOCDIR}/${folder})
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/configs/sweeps ${PROJECT_SOURCE_DIR}/configs/kernels ${PROJECT_SOURCE_DIR}/configs/cluster
        DESTINATION ${CMAKE_INSTALL_DATADIR}/tristab/configs USE_SOURCE_PERMISSIONS)
# What the sweeps and the examples read, at the same place beside them.
set(data ${PROJECT_SOURCE_DIR}/tests/data)
install(FILES ${data}/README.md ${data}/gdn-slice.safetensors ${data}/gdnneg-slice.safetensors ${data}/kda-slice.safetensors
              ${data}/deltanet-slice.safetensors ${data}/deltanet-layer6.safetensors ${data}/h100-fla-layers.safetensors
              ${data}/h100-fla-solve-tril.safetensors
        DESTINATION ${CMAKE_INSTALL_DATADIR}/tristab/tests/data)

find_program(TRISTAB_GZIP gzip REQUIRED)
set(changelog ${CMAKE_CURRENT_BINARY_DIR}/changelog.gz)
add_custom_command(OUTPUT ${changelog} DEPENDS ${CMAKE_CURRENT_LIST_DIR}/changelog
  COMMAND ${TRISTAB_GZIP} -9 -n -c ${CMAKE_CURRENT_LIST_DIR}/changelog > ${changelog} VERBATIM)
add_custom_target(tristab_changelog ALL DEPENDS ${changelog})
install(FILES ${changelog} DESTINATION ${CMAKE_INSTALL_DOCDIR})

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "The tristab authors <tristab@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR}/src)  # libtristab.so
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "python3-numpy, python3-torch")
include(CPack)
