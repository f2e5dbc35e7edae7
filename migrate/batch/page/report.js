'use strict';
(function () {
  var machines = Array.prototype.slice.call(document.querySelectorAll('.machine'));
  var tools = document.querySelector('.tools');
  if (!tools || machines.length < 8)
    return;
  var names = machines.map(function (machine) {
    return machine.querySelector('summary').textContent.toLowerCase();
  });
  var search = document.createElement('input');
  search.type = 'search';
  search.className = 'search';
  search.placeholder = 'Find a machine';
  search.setAttribute('aria-label', 'Find a machine');
  search.addEventListener('input', function () {
    var words = search.value.toLowerCase().trim();
    machines.forEach(function (machine, index) {
      machine.classList.toggle('unmatched', names[index].indexOf(words) < 0);
    });
  });
  tools.appendChild(search);
})();
