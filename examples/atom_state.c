/*
 * examples/atom_state.c - a state of two parts, a count and a set, that is changed as a whole
 *
 * An atom holds any value. swap() has a function of ours make the new value of the old one, and calls it again if
 * another process was faster; so the two parts agree at any moment, and nobody needs a lock.
 */
#include <mpool/mpool.h>
#include <stdio.h>

enum { CLIENTS = 8 };

struct move {
    int client;
    bool joins; /* or leaves */
};

/* {"connections": how many, "clients": {number: nil, ...}} with one client more or less */
static int change(const msgpack_object *old, void *user, msgpack_packer *state)
{
    const struct move *move = user;
    msgpack_object_kv kept[CLIENTS];
    msgpack_object clients;
    uint32_t count = 0;
    int client;
    if (mpool_unpack(old, "{s:o}", "clients", &clients) != MPOOL_OK || clients.type != MSGPACK_OBJECT_MAP)
        return -1;
    for (uint32_t i = 0; i < clients.via.map.size && count < CLIENTS; i++)
        if (mpool_unpack(&clients.via.map.ptr[i].key, "i", &client) == MPOOL_OK && client != move->client)
            kept[count++] = clients.via.map.ptr[i];
    if (move->joins && count < CLIENTS) {
        kept[count].key = (msgpack_object){.type = MSGPACK_OBJECT_POSITIVE_INTEGER, .via.u64 = (uint64_t)move->client};
        kept[count++].val = (msgpack_object){.type = MSGPACK_OBJECT_NIL};
    }
    clients.via.map = (msgpack_object_map){.size = count, .ptr = kept};
    return mpool_pack(state, "{s:i,s:o}", "connections", (int)count, "clients", clients) != MPOOL_OK;
}

MPOOL_FUNCTION(connect_and_leave)
{
    struct move move = {.joins = true};
    mpool_handle handles[2];
    mpool_atom *state, *kinds;
    bool new;
    if (mpool_unpack(args, "[i,h,h]", &move.client, &handles[0], &handles[1]) != MPOOL_OK ||
        mpool_atom_open(handles[0], &state) != MPOOL_OK || mpool_atom_open(handles[1], &kinds) != MPOOL_OK ||
        mpool_atom_swap(state, change, &move, NULL) != MPOOL_OK ||
        mpool_atom_add(kinds, &new, "s", move.client % 2 == 0 ? "even" : "odd") != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    if (new)
        printf("the first %s client\n", move.client % 2 == 0 ? "even" : "odd");
    move.joins = false;
    if (move.client % 2 == 0 && mpool_atom_swap(state, change, &move, NULL) != MPOOL_OK)
        return mpool_job_fail(job, "%s", mpool_error_detail());
    return 0;
}

static void show(mpool_atom *state)
{
    msgpack_object value;
    int connections, client;
    bool here[CLIENTS + 1] = {false};
    if (mpool_atom_get(state, "{s:i,s:o}", "connections", &connections, "clients", &value) != MPOOL_OK)
        return;
    for (uint32_t i = 0; value.type == MSGPACK_OBJECT_MAP && i < value.via.map.size; i++)
        if (mpool_unpack(&value.via.map.ptr[i].key, "i", &client) == MPOOL_OK && client >= 0 && client <= CLIENTS)
            here[client] = true;
    printf("%d connections:", connections);
    for (client = 0; client <= CLIENTS; client++)
        if (here[client])
            printf(" %d", client);
    printf("\n");
}

int main(void)
{
    const mpool_process_options options = {.function = "connect_and_leave"};
    mpool_process *clients[CLIENTS];
    mpool_atom *state, *kinds; /* that is a set alone, and sets have calls of their own */
    if (mpool_init(NULL) != MPOOL_OK ||
        mpool_atom_new(0, &state, "{s:i,s:{}}", "connections", 0, "clients") != MPOOL_OK ||
        mpool_atom_new(0, &kinds, "{}") != MPOOL_OK)
        return fprintf(stderr, "atom_state: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < CLIENTS; i++)
        if (mpool_process_start(&options, &clients[i], "[i,h,h]", i + 1, mpool_atom_handle(state),
                                mpool_atom_handle(kinds)) != MPOOL_OK)
            return fprintf(stderr, "atom_state: %s\n", mpool_error_detail()), 1;
    for (int i = 0; i < CLIENTS; i++) {
        (void)mpool_process_join(clients[i], MPOOL_FOREVER);
        mpool_process_free(clients[i]);
    }
    show(state);
    mpool_fini();
}
