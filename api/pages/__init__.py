"""Pages for people: public verification and a clerk's look-up. No script; zh-CN and en."""
