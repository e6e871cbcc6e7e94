# The libraries mpool stands on. `./dev setup` installs them on Debian.
find_package(Threads REQUIRED)
find_package(nng CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)

# nng 1.7 and later can be told how many threads to have, see ipc/channel.c.
include(CheckCSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES nng::nng)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
check_c_source_compiles("
    #include <nng/nng.h>
    int main(void)
    {
        nng_init_set_parameter(NNG_INIT_NUM_TASK_THREADS, NNG_INIT_NUM_EXPIRE_THREADS);
        nng_init_set_parameter(NNG_INIT_NUM_POLLER_THREADS, NNG_INIT_NUM_RESOLVER_THREADS);
        return 0;
    }" MPOOL_NNG_LIMITS)
unset(CMAKE_TRY_COMPILE_TARGET_TYPE)
unset(CMAKE_REQUIRED_LIBRARIES)
pkg_check_modules(FYAML REQUIRED IMPORTED_TARGET libfyaml)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(GMP REQUIRED IMPORTED_TARGET gmp)
pkg_check_modules(CURL IMPORTED_TARGET libcurl) # for one example
if(MPOOL_BACKTRACE)
    pkg_check_modules(DW IMPORTED_TARGET libdw)
    if(NOT DW_FOUND)
        message(STATUS "without libdw there will be no backtraces")
        set(MPOOL_BACKTRACE OFF)
    endif()
endif()

# msgpack-c ships its C library under different names from release to release.
find_path(MPOOL_MSGPACK_INCLUDE msgpack.h REQUIRED)
find_library(MPOOL_MSGPACK_LIBRARY NAMES msgpackc msgpack-c REQUIRED)
add_library(mpool-msgpack INTERFACE)
target_include_directories(mpool-msgpack SYSTEM INTERFACE $<BUILD_INTERFACE:${MPOOL_MSGPACK_INCLUDE}>)
target_link_libraries(mpool-msgpack INTERFACE $<BUILD_INTERFACE:${MPOOL_MSGPACK_LIBRARY}>)
