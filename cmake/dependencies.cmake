# The libraries mpool stands on. `./dev setup` installs them on Debian.
find_package(Threads REQUIRED)
find_package(nng CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(GMP REQUIRED IMPORTED_TARGET gmp)

# msgpack-c ships its C library under different names from release to release.
find_path(MPOOL_MSGPACK_INCLUDE msgpack.h REQUIRED)
find_library(MPOOL_MSGPACK_LIBRARY NAMES msgpackc msgpack-c REQUIRED)
add_library(mpool-msgpack INTERFACE)
target_include_directories(mpool-msgpack SYSTEM INTERFACE $<BUILD_INTERFACE:${MPOOL_MSGPACK_INCLUDE}>)
target_link_libraries(mpool-msgpack INTERFACE $<BUILD_INTERFACE:${MPOOL_MSGPACK_LIBRARY}>)
