# What `cmake --install` puts where, and how programs find it there: mpoolConfig.cmake for CMake, mpool.pc for pkg-config.
# No file has the prefix in it: what is installed may be moved, and DESTDIR works. tests/install builds programs so.
include(CMakePackageConfigHelpers)
set(MPOOL_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/mpool)

install(DIRECTORY include/mpool DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(TARGETS mpool-command)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# ---- CMake: mpool::mpool is the shared library, mpool::static and mpool::functions are static ones ------------------
# The export sets are apart because they need different libraries of other people's; mpoolConfig.cmake reads those whose
# needs are met.
set_target_properties(mpool-shared PROPERTIES EXPORT_NAME mpool)
set_target_properties(mpool-msgpack PROPERTIES EXPORT_NAME msgpack)
install(TARGETS mpool-shared mpool-msgpack EXPORT mpool-shared)
foreach(name static functions)
    set_target_properties(mpool-${name} PROPERTIES EXPORT_NAME ${name})
    install(TARGETS mpool-${name} EXPORT mpool-${name})
endforeach()
foreach(name shared static functions)
    install(EXPORT mpool-${name} NAMESPACE mpool:: DESTINATION ${MPOOL_CMAKE_DIR})
endforeach()
configure_package_config_file(cmake/mpoolConfig.cmake.in mpoolConfig.cmake INSTALL_DESTINATION ${MPOOL_CMAKE_DIR})
# Before 1.0.0 a minor version may change the API. The library's SONAME says the same.
write_basic_package_version_file(mpoolConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mpoolConfig.cmake ${PROJECT_BINARY_DIR}/mpoolConfigVersion.cmake
    DESTINATION ${MPOOL_CMAKE_DIR})

# ---- pkg-config -----------------------------------------------------------------------------------------------------
# Other packages are named where pkg-config knows them, and their libraries where it does not (nng in Debian 12).
pkg_search_module(MPOOL_MSGPACK_PC QUIET msgpack-c msgpack)
if(MPOOL_MSGPACK_PC_FOUND)
    set(MPOOL_PC_REQUIRES ${MPOOL_MSGPACK_PC_MODULE_NAME})
else()
    get_filename_component(library ${MPOOL_MSGPACK_LIBRARY} NAME_WE)
    string(REGEX REPLACE "^lib" " -l" MPOOL_PC_MSGPACK ${library})
endif()
pkg_check_modules(MPOOL_NNG_PC QUIET nng)
if(MPOOL_NNG_PC_FOUND)
    set(MPOOL_PC_REQUIRES_PRIVATE nng)
    set(MPOOL_PC_LIBS_PRIVATE -pthread)
else()
    # A libnng.a may need Mbed TLS, and nothing says so but the linker.
    include(CheckCSourceCompiles)
    set(MPOOL_PC_LIBS_PRIVATE "-lnng -pthread")
    set(source "int nng_pair1_open(void *); int main(void) { return nng_pair1_open(0); }")
    set(CMAKE_REQUIRED_LINK_OPTIONS -static)
    set(CMAKE_REQUIRED_LIBRARIES nng -pthread)
    check_c_source_compiles("${source}" MPOOL_NNG_LINKS_ALONE)
    if(NOT MPOOL_NNG_LINKS_ALONE)
        set(CMAKE_REQUIRED_LIBRARIES nng mbedtls mbedx509 mbedcrypto -pthread)
        check_c_source_compiles("${source}" MPOOL_NNG_LINKS_WITH_MBEDTLS)
        if(MPOOL_NNG_LINKS_WITH_MBEDTLS)
            set(MPOOL_PC_LIBS_PRIVATE "-lnng -lmbedtls -lmbedx509 -lmbedcrypto -pthread")
        endif()
    endif()
    unset(CMAKE_REQUIRED_LINK_OPTIONS)
    unset(CMAKE_REQUIRED_LIBRARIES)
endif()

# Directories are told relative to the file itself, unless whoever configured gave absolute ones.
set(MPOOL_PC_DIR ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR} OR IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
    set(MPOOL_PC_PREFIX ${CMAKE_INSTALL_PREFIX})
    set(MPOOL_PC_LIBDIR ${CMAKE_INSTALL_FULL_LIBDIR})
    set(MPOOL_PC_INCLUDEDIR ${CMAKE_INSTALL_FULL_INCLUDEDIR})
else()
    file(RELATIVE_PATH up ${MPOOL_PC_DIR} ${CMAKE_INSTALL_PREFIX})
    string(REGEX REPLACE "/$" "" up ${up})
    set(MPOOL_PC_PREFIX "\${pcfiledir}/${up}")
    set(MPOOL_PC_LIBDIR "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
    set(MPOOL_PC_INCLUDEDIR "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
foreach(name mpool mpool-functions)
    configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
    install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
