size_t lacks(void);
