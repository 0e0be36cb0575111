"""Other regions' nodes over HTTP: pinned, signed, capped. Everything that comes back is unverified.

client      the port `Peers`: what is asked, and what an answer means
messages    the JSON that travels, as strict models, and the frame of a file
link        one region's connections: caps on time, size and concurrency, and the breaker
endpoint    where a region may be reached, and where never
breaker     a region that failed again and again is not asked for a while
tiles       public tiles of logs for the replication worker, which is not asynchronous
"""
