"""\\Device\\ConDrv: consoles.

The kernel is the console's host: there is no conhost process.  From below:

* ``protocol``: what guests say to the device, in numbers and layouts;
* ``screen``, ``vt``: a screen buffer's cells, and escape sequences that change them;
* ``render``, ``terminal``: how a screen gets to the host's terminal, and keys from it;
* ``keys``, ``line``: what a terminal sends, as key events; the editing of a line;
* ``console``: one console: input queue, screens, code pages, title, processes;
* ``device``, ``controls``: names and files of the device, and its control codes.
"""
