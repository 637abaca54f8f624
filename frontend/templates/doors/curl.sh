# All blocks on offer, as a table
curl --fail --output offered.csv '{{ base }}/download/blocks.csv?status=offered'

# The API, a page at a time: the address of the next one is in the answer's links
curl --fail --output graphite.json '{{ base }}/api/collections/blocks/items?mineral=graphite&state=odisha'
